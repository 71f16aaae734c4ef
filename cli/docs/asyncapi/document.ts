/** A stack's topics and their users as an AsyncAPI 3.0 document. Pure; the same files give the same document. */
import { createHash } from "node:crypto";
import { compareText } from "../../../components/model/problems/problem.ts";
import type { Model, Owner, TopicDeclaration } from "../../../components/model/types.ts";
import type { Topology } from "../../../components/plan/topology.ts";
import { topologyOf } from "../../../components/plan/topology.ts";
import type { PlatformPlan } from "../../../components/plan/types.ts";
import type { DeclaredProject } from "../../declaration/declared-project.ts";
import { markdownText } from "../../diff/escaping.ts";
import type { TopicFacts } from "./channels.ts";
import { AVRO_CONTENT, channelOf } from "./channels.ts";
import { ENVELOPE, envelopeSchema } from "./envelope.ts";
import type { ServiceFacts } from "./operations.ts";
import { receiveOperation, sendOperation } from "./operations.ts";
import { SCRAM, serversOf } from "./servers.ts";
import type { AsyncApiDocument, Operation } from "./types.ts";

/** The part of the stack that the document describes. */
export type DocumentPart =
  | { readonly of: "stack" }
  /** A domain's topics, and every service that uses them. */
  | { readonly of: "domain"; readonly name: string }
  /** One topic, and every service that uses it. */
  | { readonly of: "topic"; readonly name: string }
  /** What one service sends and receives. */
  | { readonly of: "service"; readonly name: string };

/** Metadata of the document. */
export interface DocumentTitle {
  readonly title: string;
  readonly stack: string;
}

/**
 * Reads the project once and returns a function that makes documents of parts of it. Channels are sorted by topic, operations
 * by topic, direction and service. `info.version` is a digest of the rest, so it changes exactly when the content does.
 */
export function documentMaker(
  project: DeclaredProject,
  { title, stack }: DocumentTitle,
): (part: DocumentPart) => AsyncApiDocument {
  const topology = topologyOf(project.model);
  const facts = serviceFacts(project.plan, topology);
  const topics = topicFacts(project.plan, topology);
  const servers = serversOf(stack, project.stack);
  return (part) => {
    const covered = topics.filter(({ topic }) => covers(part, topic));
    const content = {
      defaultContentType: AVRO_CONTENT,
      servers,
      channels: Object.fromEntries(covered.map((each) => [each.topic.name, channelOf(each, Object.keys(servers))])),
      operations: Object.fromEntries(covered.flatMap(({ topic }) => operationsOf(topic, part, facts))),
      components: {
        schemas: { [ENVELOPE]: envelopeSchema() },
        securitySchemes: {
          [SCRAM]: { type: "scramSha512", description: "One user for each service, SCRAM-SHA-512 over TLS." },
        },
      },
    };
    const owner = ownerOf(project.model, topology, part);
    const headline = part.of === "stack" ? title : `${title}: ${part.name}`;
    const about = {
      description: markdownText(
        `${words(part)}, as the stack ${stack} declares it. Generated from the declaration: do not edit.`,
      ),
      ...(owner === undefined ? {} : { contact: contactOf(owner), "x-owner": { ...owner } }),
      tags: [...new Set(covered.map(({ topic }) => topic.domain))]
        .sort(compareText)
        .map((domain) => ({ name: `domain:${domain}` })),
      "x-stack": stack,
    };
    return {
      asyncapi: "3.0.0",
      info: { title: headline, version: digestOf({ headline, about, content }), ...about },
      ...content,
    };
  };
}

function serviceFacts(plan: PlatformPlan, { owners }: Topology): ServiceFacts {
  return {
    owners,
    contracts: new Map(plan.contracts.map((contract) => [contract.service, contract])),
    quotas: new Map(plan.quotas.map((quota) => [quota.principal, quota])),
  };
}

/** Declared topics that exist in the stack. */
function topicFacts(plan: PlatformPlan, { topics }: Topology): TopicFacts[] {
  const planned = new Map(plan.topics.map((topic) => [topic.name, topic]));
  const subjects = Map.groupBy(plan.subjects, ({ topic }) => topic);
  return topics.flatMap((topic) => {
    const found = planned.get(topic.name);
    const own = new Map((subjects.get(topic.name) ?? []).map((subject) => [subject.eventType, subject]));
    return found === undefined ? [] : [{ topic, planned: found, subjects: own }];
  });
}

function covers(part: DocumentPart, topic: TopicDeclaration): boolean {
  switch (part.of) {
    case "stack":
      return true;
    case "domain":
      return topic.domain === part.name;
    case "topic":
      return topic.name === part.name;
    case "service":
      return [...topic.producers, ...topic.consumers].some(({ service }) => service === part.name);
  }
}

function operationsOf(topic: TopicDeclaration, part: DocumentPart, facts: ServiceFacts): [string, Operation][] {
  const shown = ({ service }: { readonly service: string }): boolean => part.of !== "service" || service === part.name;
  return [
    ...topic.producers.filter(shown).map((producer) => sendOperation(topic, producer, facts)),
    ...topic.consumers.filter(shown).map((consumer) => receiveOperation(topic, consumer, facts)),
  ];
}

function words(part: DocumentPart): string {
  switch (part.of) {
    case "stack":
      return "Every topic, and every service that uses one";
    case "domain":
      return `Topics of the domain ${part.name}, and the services that use them`;
    case "topic":
      return `The topic ${part.name}, and the services that use it`;
    case "service":
      return `What ${part.name} sends and receives`;
  }
}

function ownerOf(model: Model, { topics, owners }: Topology, part: DocumentPart): Owner | undefined {
  switch (part.of) {
    case "stack":
      return undefined;
    case "domain":
      return model.domains.find(({ name }) => name === part.name)?.owner;
    case "topic":
      return topics.find(({ name }) => name === part.name)?.owner;
    case "service":
      return owners.get(part.name)?.owner;
  }
}

/** A contact in AsyncAPI's form: a name, with a URL or an e-mail address if the contact is one. */
export function contactOf({ team, contact }: Owner): { name: string; url?: string; email?: string } {
  if (URL.canParse(contact) && /^https?:/i.test(contact)) return { name: team, url: new URL(contact).href };
  if (/^[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/iu.test(contact)) return { name: team, email: contact };
  return { name: `${team} (${contact})` };
}

function digestOf(content: unknown): string {
  return `sha256-${createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12)}`;
}
