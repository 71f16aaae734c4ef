import {
  type AclFacts,
  type ClusterFacts,
  type QuotaFacts,
  type ResourceFacts,
  type SubjectFacts,
  type TopicFacts,
  topicKindOf,
  type UserFacts,
} from "./facts.ts";
import type { Manifest } from "./rule.ts";

/*
 * Converts the resources of a Pulumi program to the objects that rules judge. An unknown property is absent, and an
 * object with an unknown name is left out, so that nothing is guessed.
 */

const topicType = "kafka:index/topic:Topic";
const aclType = "kafka:index/acl:Acl";
const quotaType = "kafka:index/quota:Quota";
const userType = "kafka:index/userScramCredential:UserScramCredential";
const subjectType = "kit:index:SchemaSubject";

/** Returns whether resources of a type are cluster objects, which rules may judge together. */
export function isClusterType(type: string): boolean {
  return type === topicType || type === aclType || type === quotaType || type === userType || type === subjectType;
}

/** The object of one resource, with its kind of check. */
export type ResourceObject =
  | { readonly kind: "topic"; readonly fact: TopicFacts }
  | { readonly kind: "acl"; readonly fact: AclFacts }
  | { readonly kind: "quota"; readonly fact: QuotaFacts }
  | { readonly kind: "user"; readonly fact: UserFacts }
  | { readonly kind: "subject"; readonly fact: SubjectFacts }
  | { readonly kind: "manifest"; readonly fact: Manifest };

/** Returns the object of a resource; undefined for other resources, and while its name is unknown. */
export function objectOf(resource: ResourceFacts): ResourceObject | undefined {
  const { props } = resource;
  const source = { file: resource.urn ?? resource.name, line: 1, column: 1 };
  switch (resource.type) {
    case topicType: {
      const name = text(props.name);
      if (name === undefined) return undefined;
      return {
        kind: "topic",
        fact: {
          name,
          kind: topicKindOf(name),
          ...optional("partitions", number(props.partitions)),
          ...optional("replicationFactor", number(props.replicationFactor)),
          ...optional("config", texts(props.config)),
          source,
        },
      };
    }
    case aclType:
      return {
        kind: "acl",
        fact: {
          ...optional("principal", text(props.aclPrincipal)?.replace(/^User:/, "")),
          ...optional("host", text(props.aclHost)),
          ...optional("operation", text(props.aclOperation)),
          ...optional("permission", text(props.aclPermissionType)),
          ...optional("resourceType", text(props.aclResourceType)),
          ...optional("resourceName", text(props.aclResourceName)),
          ...optional("pattern", text(props.resourcePatternTypeFilter) ?? "Literal"),
          source,
        },
      };
    case quotaType:
      return {
        kind: "quota",
        fact: {
          ...optional("entityType", text(props.entityType)),
          ...optional("entityName", text(props.entityName)),
          ...optional("config", numbers(props.config)),
          source,
        },
      };
    case userType:
      return {
        kind: "user",
        fact: {
          ...optional("name", text(props.username)),
          ...optional("mechanism", text(props.scramMechanism)),
          ...optional("iterations", number(props.scramIterations)),
          source,
        },
      };
    case subjectType: {
      const name = text(props.subject);
      if (name === undefined) return undefined;
      return {
        kind: "subject",
        fact: {
          name,
          ...optional("topic", topicOfSubject(name)),
          ...optional("schema", text(props.schema)),
          ...optional("schemaType", text(props.schemaType)),
          ...optional("compatibility", text(props.compatibility)),
          source,
        },
      };
    }
    default: {
      const manifest = resource.type.startsWith("kubernetes:") ? manifestOf(props) : undefined;
      return manifest === undefined ? undefined : { kind: "manifest", fact: manifest };
    }
  }
}

/** Returns all cluster objects among resources. */
export function clusterOf(resources: readonly ResourceFacts[]): ClusterFacts {
  const objects = resources.map(objectOf).filter((object) => object !== undefined);
  return {
    topics: objects.flatMap((object) => (object.kind === "topic" ? [object.fact] : [])),
    acls: objects.flatMap((object) => (object.kind === "acl" ? [object.fact] : [])),
    quotas: objects.flatMap((object) => (object.kind === "quota" ? [object.fact] : [])),
    users: objects.flatMap((object) => (object.kind === "user" ? [object.fact] : [])),
    subjects: objects.flatMap((object) => (object.kind === "subject" ? [object.fact] : [])),
  };
}

/**
 * Returns the topic of a subject named `<topic>-<record with namespace>`; undefined for any other name. Records have
 * dots and no dashes.
 */
function topicOfSubject(subject: string): string | undefined {
  const dash = subject.lastIndexOf("-");
  return dash > 0 && subject.slice(dash).includes(".") ? subject.slice(0, dash) : undefined;
}

function manifestOf(props: Readonly<Record<string, unknown>>): Manifest | undefined {
  const { apiVersion, kind, metadata } = props;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  const known = isObject(metadata) ? metadata : {};
  return {
    ...props,
    apiVersion,
    kind,
    metadata: {
      ...optional("name", text(known.name)),
      ...optional("namespace", text(known.namespace)),
      ...optional("labels", texts(known.labels)),
      ...optional("annotations", texts(known.annotations)),
    },
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : undefined;
}

function texts(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) =>
      typeof each === "string" || typeof each === "number" || typeof each === "boolean"
        ? [[key, String(each)] as const]
        : [],
    ),
  );
}

function numbers(value: unknown): Record<string, number> | undefined {
  const found = texts(value);
  if (found === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(found).flatMap(([key, each]) => (/^\d+(\.\d+)?$/.test(each) ? [[key, Number(each)] as const] : [])),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
