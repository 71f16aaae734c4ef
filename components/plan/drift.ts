/** Compares the declaration with the contents of a cluster. Pure. */

import { compareText } from "../model/problems/problem.ts";
import type { SourceLocation } from "../model/problems/source-location.ts";
import { withFullNames } from "../model/schemas/avro-names.ts";
import { selfContainedSchema } from "../model/schemas/avro-schema.ts";
import type { LiveAcl, LivePlatform, LiveQuota, LiveSubject, LiveTopic } from "./live.ts";
import type { PlannedAcl, PlannedQuota, PlannedTopic, PlatformPlan } from "./types.ts";

/**
 * `differs`: it exists, but not as declared. `missing`: it is declared and does not exist. `undeclared`: it exists and
 * is not declared.
 */
export type DriftClass = "differs" | "missing" | "undeclared";
/** Kind of the object that a deviation is about. */
export type DriftKind = "topic" | "acl" | "quota" | "user" | "subject";

/** One difference between a cluster and its declaration. */
export interface Deviation {
  readonly class: DriftClass;
  readonly kind: DriftKind;
  /** Name of the topic, user or subject; for a rule or quota, its content. */
  readonly object: string;
  /** Field of the object that differs. Absent if the deviation is about the whole object. */
  readonly field?: string;
  readonly declared?: string;
  readonly live?: string;
  /** Team that owns the object. Absent if unknown. */
  readonly owner?: string;
  /** Location of the declaration. */
  readonly source?: SourceLocation;
}

/** Names that Kafka reserves. */
const INTERNAL = /^__/;
const SCRAM_MECHANISM = "SCRAM-SHA-512";
const SCRAM_ITERATIONS = 4_096;

/** Returns every deviation, sorted by kind, object and field. */
export function findDrift(plan: PlatformPlan, live: LivePlatform): readonly Deviation[] {
  const deviations = [
    ...topicDrift(plan.topics, live.topics),
    ...aclDrift(plan.acls, live.acls),
    ...quotaDrift(plan.quotas, live.quotas),
    ...userDrift(plan, live),
    ...subjectDrift(plan, live),
  ];
  return deviations.sort(
    (a, b) =>
      compareText(a.kind, b.kind) ||
      compareText(a.object, b.object) ||
      compareText(a.field ?? "", b.field ?? "") ||
      compareText(a.class, b.class),
  );
}

/** Pairs two lists by key. Returns the pairs, and the objects that only one side has. */
function paired<D, L>(
  declared: readonly D[],
  live: readonly L[],
  keyOfDeclared: (item: D) => string,
  keyOfLive: (item: L) => string,
): { missing: D[]; undeclared: L[]; both: [D, L][] } {
  const rest = new Map(live.map((item) => [keyOfLive(item), item]));
  const missing: D[] = [];
  const both: [D, L][] = [];
  for (const item of declared) {
    const key = keyOfDeclared(item);
    const found = rest.get(key);
    if (found === undefined) missing.push(item);
    else both.push([item, found]);
    rest.delete(key);
  }
  return { missing, undeclared: [...rest.values()], both };
}

const nameOf = ({ name }: { readonly name: string }): string => name;

function topicDrift(declared: readonly PlannedTopic[], live: readonly LiveTopic[]): Deviation[] {
  const { missing, undeclared, both } = paired(
    declared,
    live.filter(({ name }) => !INTERNAL.test(name)),
    nameOf,
    nameOf,
  );
  return [
    ...missing.map(
      (topic): Deviation => ({
        class: "missing",
        kind: "topic",
        object: topic.name,
        owner: topic.owner,
        source: topic.source,
      }),
    ),
    ...undeclared.map(
      (topic): Deviation => ({
        class: "undeclared",
        kind: "topic",
        object: topic.name,
        live: `${topic.partitions} partitions, ${replicasText(topic)} replicas`,
      }),
    ),
    ...both.flatMap(([topic, found]) => differences(topic, found)),
  ];
}

function differences(topic: PlannedTopic, found: LiveTopic): Deviation[] {
  const about = { kind: "topic", object: topic.name, owner: topic.owner, source: topic.source } as const;
  const deviations: Deviation[] = [];
  if (found.partitions !== topic.partitions)
    deviations.push({
      class: "differs",
      ...about,
      field: "partitions",
      declared: String(topic.partitions),
      live: String(found.partitions),
    });
  if (found.replicas.least !== topic.replicationFactor || found.replicas.most !== topic.replicationFactor) {
    deviations.push({
      class: "differs",
      ...about,
      field: "replicationFactor",
      declared: String(topic.replicationFactor),
      live: replicasText(found),
    });
  }
  for (const [key, value] of Object.entries(topic.config)) {
    const own = found.config[key];
    if (own !== undefined && sameValue(key, own, value)) continue;
    // An equal inherited value is no match: it would change with the broker's settings.
    const inherited = found.inherited[key];
    const shown =
      own ??
      (inherited === undefined
        ? "not set"
        : `not set; ${inherited.value} from the ${inherited.source === "default" ? "default" : "broker"}`);
    deviations.push({ class: "differs", ...about, field: key, declared: value, live: shown });
  }
  for (const [key, value] of Object.entries(found.config)) {
    if (!Object.hasOwn(topic.config, key)) deviations.push({ class: "undeclared", ...about, field: key, live: value });
  }
  return deviations;
}

/** Returns whether two values are equal. Lists have no order, and a ratio can be written in several ways. */
function sameValue(key: string, a: string, b: string): boolean {
  return (
    a === b ||
    (key === "cleanup.policy" && sortedList(a) === sortedList(b)) ||
    (key === "min.cleanable.dirty.ratio" && Number(a) === Number(b))
  );
}

function sortedList(text: string): string {
  return text
    .split(",")
    .map((part) => part.trim())
    .sort(compareText)
    .join(",");
}

function replicasText({ replicas }: LiveTopic): string {
  return replicas.least === replicas.most ? String(replicas.least) : `${replicas.least} to ${replicas.most}`;
}

/** Returns a rule as text: who may (or may not) do what, on what. */
function aclText(acl: LiveAcl): string {
  const name = acl.pattern === "Prefixed" ? `${acl.resourceName}*` : acl.resourceName;
  const pattern = acl.pattern === "Prefixed" ? " (prefix)" : "";
  return `${acl.principal} ${acl.permission === "Allow" ? "may" : "may not"} ${acl.operation} ${acl.resourceType} ${name}${pattern}${acl.host === "*" ? "" : ` from ${acl.host}`}`;
}

function plannedRule(acl: PlannedAcl): LiveAcl {
  const { operation, resourceType, resourceName, pattern } = acl;
  return {
    principal: `User:${acl.principal}`,
    host: "*",
    operation,
    permission: "Allow",
    resourceType,
    resourceName,
    pattern,
  };
}

function aclDrift(declared: readonly PlannedAcl[], live: readonly LiveAcl[]): Deviation[] {
  const { missing, undeclared } = paired(declared.map(plannedRule), live, aclText, aclText);
  return [
    ...missing.map((acl): Deviation => ({ class: "missing", kind: "acl", object: aclText(acl) })),
    ...undeclared.map((acl): Deviation => ({ class: "undeclared", kind: "acl", object: aclText(acl) })),
  ];
}

function entityText(entity: LiveQuota["entity"]): string {
  return Object.entries(entity)
    .sort(([a], [b]) => compareText(a, b))
    .map(([type, name]) => `${type} ${name ?? "(default)"}`)
    .join(", ");
}

function quotaDrift(declared: readonly PlannedQuota[], live: readonly LiveQuota[]): Deviation[] {
  const wanted = declared.map(
    (quota): LiveQuota => ({
      entity: { user: quota.principal },
      values: {
        ...(quota.producerByteRate === undefined ? {} : { producer_byte_rate: quota.producerByteRate }),
        ...(quota.consumerByteRate === undefined ? {} : { consumer_byte_rate: quota.consumerByteRate }),
      },
    }),
  );
  const keyOf = (quota: LiveQuota): string => entityText(quota.entity);
  const { missing, undeclared, both } = paired(wanted, live, keyOf, keyOf);
  return [
    ...missing.map((quota): Deviation => ({ class: "missing", kind: "quota", object: keyOf(quota) })),
    ...undeclared.map(
      (quota): Deviation => ({
        class: "undeclared",
        kind: "quota",
        object: keyOf(quota),
        live: valuesText(quota.values),
      }),
    ),
    ...both.flatMap(([quota, found]) => quotaDifferences(keyOf(quota), quota.values, found.values)),
  ];
}

function valuesText(values: LiveQuota["values"]): string {
  return Object.entries(values)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}

function quotaDifferences(object: string, declared: LiveQuota["values"], live: LiveQuota["values"]): Deviation[] {
  return [...new Set([...Object.keys(declared), ...Object.keys(live)])]
    .sort(compareText)
    .flatMap((field): Deviation[] => {
      const [wanted, found] = [declared[field], live[field]];
      if (wanted === found) return [];
      if (wanted === undefined) return [{ class: "undeclared", kind: "quota", object, field, live: String(found) }];
      return [
        {
          class: "differs",
          kind: "quota",
          object,
          field,
          declared: String(wanted),
          live: found === undefined ? "not set" : String(found),
        },
      ];
    });
}

function userDrift(plan: PlatformPlan, live: LivePlatform): Deviation[] {
  const { missing, undeclared, both } = paired(plan.principals, live.users, nameOf, nameOf);
  const text = (credential: { readonly mechanism: string; readonly iterations: number }): string =>
    `${credential.mechanism}, ${credential.iterations} iterations`;
  const wanted = text({ mechanism: SCRAM_MECHANISM, iterations: SCRAM_ITERATIONS });
  return [
    ...missing.map(({ name }): Deviation => ({ class: "missing", kind: "user", object: name })),
    ...undeclared.map(
      ({ name, credentials }): Deviation => ({
        class: "undeclared",
        kind: "user",
        object: name,
        live: credentials.map(text).sort(compareText).join("; "),
      }),
    ),
    ...both.flatMap(([{ name }, found]): Deviation[] => {
      const shown = found.credentials.map(text).sort(compareText).join("; ");
      return shown === wanted
        ? []
        : [
            {
              class: "differs",
              kind: "user",
              object: name,
              field: "credentials",
              declared: wanted,
              live: shown === "" ? "none" : shown,
            },
          ];
    }),
  ];
}

function subjectDrift(plan: PlatformPlan, live: LivePlatform): Deviation[] {
  if (live.subjects === undefined) return [];
  const declared = [
    ...plan.subjects.map((subject) => ({
      ...subject,
      needs: subject.references?.subjects ?? [],
      selfContained: subject.references?.selfContained ?? subject.schema,
    })),
    ...plan.sharedSubjects.map((subject) => ({ ...subject, needs: subject.references })),
  ];
  const held = new Map(live.subjects.map((subject) => [subject.name, subject]));
  const { missing, undeclared, both } = paired(declared, live.subjects, nameOf, nameOf);
  return [
    ...missing.map(({ name, source }): Deviation => ({ class: "missing", kind: "subject", object: name, source })),
    ...undeclared.map(
      ({ name, schemaType }): Deviation => ({ class: "undeclared", kind: "subject", object: name, live: schemaType }),
    ),
    ...both.flatMap(([subject, found]): Deviation[] => {
      const about = { class: "differs", kind: "subject", object: subject.name, source: subject.source } as const;
      // A reference is to the newest version of a shared type. An older version is an outdated type.
      const needed = subject.needs.map((name) => ({ name, subject: name, version: held.get(name)?.version ?? 0 }));
      const [wanted, has] = [needed, found.references ?? []].map(referencesText);
      const wantedType = "schemaType" in subject ? (subject.schemaType ?? "AVRO") : "AVRO";
      const schema: Deviation[] = sameSchema(subject.schema, found.schema, wantedType)
        ? []
        : [
            {
              ...about,
              field: "schema",
              declared: `${subject.schema.length} characters`,
              live: `${found.schema.length} characters`,
            },
          ];
      const references: Deviation[] =
        wanted === has ? [] : [{ ...about, field: "references", declared: wanted ?? "", live: has ?? "" }];
      return [
        // A registry may accept a schema with its types inlined in place of the version that refers to them.
        ...(schema.length + references.length > 0 &&
        sameSchema(subject.selfContained, writtenOut(found, held) ?? "", wantedType)
          ? []
          : [...schema, ...references]),
        ...(found.schemaType === wantedType
          ? []
          : [{ ...about, field: "schemaType", declared: wantedType, live: found.schemaType }]),
        ...(found.compatibility === subject.compatibility
          ? []
          : [
              {
                ...about,
                field: "compatibility",
                declared: subject.compatibility,
                live: found.compatibility ?? "not set",
              },
            ]),
      ];
    }),
  ];
}

/** Returns a subject's schema with the referenced types inlined; undefined if a reference is not to a newest version. */
function writtenOut(subject: LiveSubject, held: ReadonlyMap<string, LiveSubject>): string | undefined {
  const types = new Map<string, string>();
  const queue = [...(subject.references ?? [])];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const found = held.get(next.subject);
    if (found === undefined || found.version !== next.version) return undefined;
    if (types.has(next.name)) continue;
    types.set(next.name, found.schema);
    queue.push(...(found.references ?? []));
  }
  try {
    return selfContainedSchema(JSON.parse(subject.schema), types);
  } catch {
    return undefined;
  }
}

function referencesText(
  references: readonly { readonly name: string; readonly subject: string; readonly version: number }[],
): string {
  const texts = references.map(
    ({ name, subject, version }) =>
      `${name === subject ? name : `${name} of ${subject}`} ${version === 0 ? "(not registered)" : `version ${version}`}`,
  );
  return texts.length === 0 ? "none" : texts.sort(compareText).join(", ");
}

/** Returns whether two schemas are equal. White space, the order of keys and redundant namespaces are ignored. */
function sameSchema(a: string, b: string, type: string): boolean {
  return a === b || canonical(a, type) === canonical(b, type);
}

function canonical(text: string, type: string): string {
  try {
    const json: unknown = JSON.parse(text);
    return JSON.stringify(type === "AVRO" ? withFullNames(json) : json, (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => compareText(x, y)))
        : value,
    );
  } catch {
    return text;
  }
}

/** Returns the number of deviations by class. */
export function countByClass(deviations: readonly Deviation[]): Readonly<Record<DriftClass, number>> {
  const count = (wanted: DriftClass): number => deviations.filter((deviation) => deviation.class === wanted).length;
  return { differs: count("differs"), missing: count("missing"), undeclared: count("undeclared") };
}
