import type { StackSettings } from "../../model/stack/stack.ts";
import type { Model, TopicDeclaration } from "../../model/types.ts";
import { planPlatform } from "../plan.ts";
import { type Topology, topologyOf } from "../topology.ts";
import type { PlannedTopic, PlatformPlan } from "../types.ts";
import { sortedSet } from "./hazard.ts";
import type { Affected } from "./types.ts";

/** The platform as one commit declares it for one stack, indexed for comparisons. */
export interface PlatformState {
  readonly model: Model;
  readonly stack: StackSettings;
  readonly stackName: string;
  readonly plan: PlatformPlan;
  readonly topology: Topology;
  readonly declared: ReadonlyMap<string, TopicDeclaration>;
  readonly planned: ReadonlyMap<string, PlannedTopic>;
}

/** Both sides of a comparison. */
export interface StatePair {
  readonly before: PlatformState;
  readonly after: PlatformState;
}

/** Plans a model for a stack. */
export function platformState(model: Model, stack: StackSettings, stackName: string): PlatformState {
  const plan = planPlatform(model, stack);
  const topology = topologyOf(model);
  return {
    model,
    stack,
    stackName,
    plan,
    topology,
    declared: new Map(topology.topics.map((topic) => [topic.name, topic])),
    planned: new Map(plan.topics.map((topic) => [topic.name, topic])),
  };
}

/** Team that runs the platform itself. It is responsible for stacks and capacity. */
export const platformTeam = "platform";

/**
 * Returns the team that runs a service. A service that no domain lists belongs to the owner of the first topic that it
 * uses.
 */
export function teamOf(state: PlatformState, service: string): string {
  const owner = state.topology.owners.get(service) ?? undefined;
  return (
    owner?.owner.team ??
    state.topology.groups.get(service)?.team ??
    state.topology.productions.get(service)?.[0]?.topic.owner.team ??
    platformTeam
  );
}

/**
 * Returns whether a team is responsible for a service: a domain lists it, or it wrote only to topics of one domain
 * before the change. New write access in the change itself does not make the service part of that domain.
 */
export function hasOwner({ before, after }: StatePair, service: string): boolean {
  return (
    after.topology.owners.get(service)?.services.includes(service) === true ||
    (before.topology.owners.has(service) && after.topology.owners.has(service))
  );
}

/** Returns the message for a service without an owner, with what to write. */
export function ownerMissing(service: string): string {
  return `no domain lists ${service}: it has no responsible team (add it to services: of its team's domain)`;
}

/**
 * Returns the services that write or read a topic in either state, with the team that runs them now. Sorted by name,
 * then role.
 */
export function affectedBy({ before, after }: StatePair, topic: string): Affected[] {
  const found = new Map<string, Affected>();
  for (const state of [before, after]) {
    const declaration = state.declared.get(topic);
    const add = (service: string, role: Affected["role"]): void => {
      found.set(`${service} ${role}`, { service, team: teamOf(state, service), role });
    };
    for (const { service } of declaration?.producers ?? []) add(service, "producer");
    for (const { service } of declaration?.consumers ?? []) add(service, "consumer");
  }
  return sortedSet(found.keys()).flatMap((key) => found.get(key) ?? []);
}

/** Returns the teams that own a topic, declared or derived, in either state. */
export function ownersOf({ before, after }: StatePair, topic: string): string[] {
  return sortedSet([before, after].flatMap((state) => state.planned.get(topic)?.owner ?? []));
}

/** Returns the teams that must approve a change of a topic: its owners, and the teams whose services write or read it. */
export function reviewersOf(
  pair: StatePair,
  topic: string,
  affected: readonly Affected[] = affectedBy(pair, topic),
): string[] {
  return sortedSet([...ownersOf(pair, topic), ...affected.map(({ team }) => team)]);
}
