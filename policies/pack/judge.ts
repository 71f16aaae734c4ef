import { planPlatform } from "../../components/plan/plan.ts";
import { ActiveChecks, evaluate, findingsOf } from "../evaluate.ts";
import { applyExceptions } from "../exceptions.ts";
import type { ClusterFacts, ResourceFacts, TopicFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";
import { checkManifests } from "../manifests.ts";
import { clusterOf, isClusterType, objectOf, type ResourceObject } from "../resource-facts.ts";
import type { CheckKind, Level, Scope, TopicBefore } from "../rule.ts";
import type { PolicyProject, StackName } from "./project.ts";

/** Kinds of checks on one object. They run when the engine registers its resource, before anything changes. */
const singleKinds: ReadonlySet<CheckKind> = new Set<CheckKind>([
  "topic",
  "subject",
  "acl",
  "quota",
  "user",
  "resource",
  "manifest",
]);
/** Kinds of checks on all objects together. They run at the end of a preview. */
const jointKinds: ReadonlySet<CheckKind> = new Set<CheckKind>(["cluster", "declaration", "manifests"]);

/** Judges resources by the catalogue, with a project's levels and exceptions. Pure. */
export class ResourceJudge {
  readonly #project: PolicyProject;
  readonly #name: StackName;
  readonly #scope: Scope;
  readonly #single: ActiveChecks;
  readonly #joint: ActiveChecks;

  constructor(project: PolicyProject, name: StackName, today: string, before: ReadonlyMap<string, TopicBefore>) {
    this.#project = project;
    this.#name = name;
    this.#scope = {
      stack: project.stack,
      today,
      declarationOf: (topic) => project.declarations.get(topic),
      before: (topic) => before.get(topic),
    };
    this.#single = new ActiveChecks(project.settings, singleKinds);
    this.#joint = new ActiveChecks(project.settings, jointKinds);
  }

  /** Returns whether the checks of a resource need the topics before the change. */
  static needsBaseline(resource: ResourceFacts): boolean {
    return objectOf(resource)?.kind === "topic";
  }

  /** Returns the findings of one resource. */
  resource(resource: ResourceFacts): readonly Finding[] {
    const findings = this.#single
      .of("resource")
      .flatMap(({ rule, level, check }) =>
        this.#found(rule, level, check(resource, this.#scope), resource, resource.name),
      );
    const object = objectOf(resource);
    return this.#without([...findings, ...(object === undefined ? [] : this.#object(object, resource))], false);
  }

  /** Returns the findings of all resources together, and of the files that they come from. */
  stack(resources: readonly ResourceFacts[]): readonly Finding[] {
    const { model, findings } = this.#project;
    // A topic with an unknown name could be the missing one, so the checks of the whole do not run then.
    const complete = resources.every((resource) => !isClusterType(resource.type) || objectOf(resource) !== undefined);
    const cluster = complete ? this.#declared(clusterOf(resources)) : nothing;
    const declaration = model === undefined ? noDeclaration : { model, plan: planPlatform(model, this.#project.stack) };
    const manifests = resources.flatMap((resource) => {
      const object = objectOf(resource);
      return object?.kind === "manifest"
        ? [{ manifest: object.fact, source: { file: resource.urn ?? resource.name, line: 1, column: 1 } }]
        : [];
    });
    return this.#without(
      [
        ...findings,
        ...evaluate(this.#joint, declaration, cluster, this.#scope),
        ...checkManifests(this.#joint, manifests, this.#scope),
      ],
      true,
    );
  }

  #object(object: ResourceObject, resource: ResourceFacts): Finding[] {
    switch (object.kind) {
      case "topic": {
        const topic = this.#declaredTopic(object.fact);
        return this.#single
          .of("topic")
          .flatMap(({ rule, level, check }) =>
            this.#found(rule, level, check(topic, this.#scope), resource, topic.name),
          );
      }
      case "subject":
        return this.#single
          .of("subject")
          .flatMap(({ rule, level, check }) =>
            this.#found(rule, level, check(object.fact, this.#scope), resource, object.fact.name),
          );
      case "acl":
        return this.#single
          .of("acl")
          .flatMap(({ rule, level, check }) =>
            this.#found(rule, level, check(object.fact, this.#scope), resource, object.fact.principal),
          );
      case "quota":
        return this.#single
          .of("quota")
          .flatMap(({ rule, level, check }) =>
            this.#found(rule, level, check(object.fact, this.#scope), resource, object.fact.entityName),
          );
      case "user":
        return this.#single
          .of("user")
          .flatMap(({ rule, level, check }) =>
            this.#found(rule, level, check(object.fact, this.#scope), resource, object.fact.name),
          );
      case "manifest":
        return checkManifests(
          this.#single,
          [{ manifest: object.fact, source: { file: resource.urn ?? resource.name, line: 1, column: 1 } }],
          this.#scope,
        );
    }
  }

  #found(
    rule: string,
    level: Level,
    breaches: Parameters<typeof findingsOf>[2],
    resource: ResourceFacts,
    object: string | undefined,
  ): Finding[] {
    return findingsOf(
      rule,
      level,
      breaches,
      { file: resource.urn ?? resource.name, line: 1, column: 1 },
      object ?? resource.name,
    );
  }

  #declaredTopic(topic: TopicFacts): TopicFacts {
    const declaration = this.#project.declarations.get(topic.name);
    return declaration === undefined ? topic : { ...topic, declaration };
  }

  #declared(cluster: ClusterFacts): ClusterFacts {
    return { ...cluster, topics: cluster.topics.map((topic) => this.#declaredTopic(topic)) };
  }

  /**
   * Returns the findings that no exception covers. An expired exception is reported once, with the findings of all
   * resources together.
   */
  #without(findings: readonly Finding[], whole: boolean): readonly Finding[] {
    const left = applyExceptions(findings, this.#project.exceptions, {
      stack: this.#name.stack,
      today: this.#scope.today,
      lookedAt: () => false,
    }).findings;
    return whole ? left : left.filter(({ rule }) => rule !== "exception-expired");
  }
}

const nothing: ClusterFacts = { topics: [], acls: [], quotas: [], users: [], subjects: [] };
const noDeclaration = {
  model: { domains: [] },
  plan: { topics: [], principals: [], acls: [], quotas: [], subjects: [], sharedSubjects: [], contracts: [] },
};
