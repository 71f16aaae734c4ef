/** Reduces engine events to the progress that the user sees; pure. */

import type { EngineEvent, StepMetadata } from "./events.ts";
import { plainText, urnName, urnType } from "./events.ts";

/** Groups of resources, in the order in which they are shown. */
export const GROUPS = [
  { id: "certificates", title: "Certificates", done: "issued" },
  { id: "controller", title: "Kafka controllers", done: "ready" },
  { id: "broker", title: "Kafka brokers", done: "ready" },
  { id: "database", title: "PostgreSQL", done: "ready" },
  { id: "cache", title: "Redis", done: "ready" },
  { id: "registry", title: "Schema registry", done: "ready" },
  { id: "topics", title: "Topics", done: "" },
  { id: "users", title: "Kafka users", done: "" },
  { id: "access", title: "Access rules", done: "" },
  { id: "quotas", title: "Quotas", done: "" },
  { id: "schemas", title: "Schemas", done: "" },
  { id: "databases", title: "Databases and roles", done: "" },
  { id: "migrations", title: "Migrations", done: "" },
  { id: "service", title: "Services", done: "ready" },
  { id: "other", title: "Other resources", done: "" },
] as const;

/** One of {@link GROUPS}. */
export type GroupId = (typeof GROUPS)[number]["id"];

/** Count of a group's resources. */
export interface GroupCount {
  readonly seen: number;
  readonly done: number;
  /** Done with a change. */
  readonly changed: number;
}

/** A resource that failed, or the program itself (`urn` empty). */
export interface EngineFailure {
  readonly urn: string;
  /** Type and name, or `the program`. */
  readonly what: string;
  readonly messages: readonly string[];
}

/** State after some events. */
export interface EngineProgress {
  readonly groups: Readonly<Partial<Record<GroupId, GroupCount>>>;
  /** Steps in progress: URN -> group. */
  readonly running: Readonly<Record<string, GroupId>>;
  readonly failed: readonly string[];
  /** Errors by URN, in order of arrival; the program's own under "". */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly warnings: readonly string[];
  /** Number of resources by operation, from the engine's summary. */
  readonly changes: Readonly<Record<string, number>>;
  readonly summed: boolean;
}

/** Type of a topic in URNs. */
export const TOPIC_TYPE = "kafka:index/topic:Topic";

/** Before the first event. */
export const INITIAL_PROGRESS: EngineProgress = {
  groups: {},
  running: {},
  failed: [],
  errors: {},
  warnings: [],
  changes: {},
  summed: false,
};

const PROCESS_ROLES: readonly string[] = ["controller", "broker", "database", "cache", "registry", "service"];

/** Group of a resource; `undefined` for resources that are not shown (components, providers, the stack). */
export function groupOf(metadata: StepMetadata): GroupId | undefined {
  const { type } = metadata;
  if (type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:") || type.startsWith("platform:"))
    return undefined;
  if (type === "kit:index:Process") {
    const role = metadata.new?.inputs?.role ?? metadata.old?.inputs?.role;
    const known = PROCESS_ROLES.find((candidate) => candidate === role);
    return GROUPS.find((group) => group.id === known)?.id ?? "other";
  }
  if (type === "kit:index:Certificate") return "certificates";
  if (type === "kit:index:SchemaSubject") return "schemas";
  if (type === "kit:index:Migration") return "migrations";
  if (type.startsWith("postgresql:")) return "databases";
  switch (type) {
    case TOPIC_TYPE:
      return "topics";
    case "kafka:index/userScramCredential:UserScramCredential":
      return "users";
    case "kafka:index/acl:Acl":
      return "access";
    case "kafka:index/quota:Quota":
      return "quotas";
    default:
      return "other";
  }
}

/** The progress after one more event. */
export function reduceEvent(progress: EngineProgress, event: EngineEvent): EngineProgress {
  if (event.resourcePreEvent !== undefined) return begin(progress, event.resourcePreEvent.metadata);
  if (event.resOutputsEvent !== undefined) return finish(progress, event.resOutputsEvent.metadata);
  if (event.resOpFailedEvent !== undefined) return fail(progress, event.resOpFailedEvent.metadata);
  if (event.diagnosticEvent !== undefined) {
    const { urn = "", message, severity, ephemeral = false } = event.diagnosticEvent;
    const words = providerWords(plainText(message).trimStart());
    if (ephemeral || words === "") return progress;
    if (severity === "error") return addError(progress, urn, words);
    if (severity === "warning") return { ...progress, warnings: [...progress.warnings, words] };
    return progress;
  }
  if (event.policyEvent !== undefined && event.policyEvent.enforcementLevel === "mandatory") {
    const { resourceUrn = "", policyName, message } = event.policyEvent;
    return addError(progress, resourceUrn, `${policyName}: ${plainText(message)}`);
  }
  if (event.errorEvent !== undefined) return addError(progress, "", plainText(event.errorEvent.error));
  if (event.summaryEvent !== undefined)
    return { ...progress, changes: event.summaryEvent.resourceChanges ?? {}, summed: true };
  return progress;
}

function begin(progress: EngineProgress, metadata: StepMetadata): EngineProgress {
  const group = groupOf(metadata);
  // A replacement consists of several steps on one URN; it counts as one resource.
  if (group === undefined || progress.running[metadata.urn] !== undefined) return progress;
  const count = progress.groups[group] ?? { seen: 0, done: 0, changed: 0 };
  return {
    ...progress,
    groups: { ...progress.groups, [group]: { ...count, seen: count.seen + 1 } },
    running: { ...progress.running, [metadata.urn]: group },
  };
}

function finish(progress: EngineProgress, metadata: StepMetadata): EngineProgress {
  const group = progress.running[metadata.urn];
  if (group === undefined) return progress;
  const { [metadata.urn]: _finished, ...running } = progress.running;
  const count = progress.groups[group] ?? { seen: 1, done: 0, changed: 0 };
  const changed = metadata.op === "same" ? 0 : 1;
  return {
    ...progress,
    running,
    groups: { ...progress.groups, [group]: { ...count, done: count.done + 1, changed: count.changed + changed } },
  };
}

function fail(progress: EngineProgress, metadata: StepMetadata): EngineProgress {
  const { [metadata.urn]: _failed, ...running } = progress.running;
  return {
    ...progress,
    running,
    failed: progress.failed.includes(metadata.urn) ? progress.failed : [...progress.failed, metadata.urn],
  };
}

function addError(progress: EngineProgress, urn: string, message: string): EngineProgress {
  const before = progress.errors[urn] ?? [];
  if (before.includes(message)) return progress;
  return { ...progress, errors: { ...progress.errors, [urn]: [...before, message] } };
}

/**
 * Bridged providers report each error twice, with its location in their source as a prefix, or in "1 error occurred: * creating
 * <urn>: 1 error occurred: * …". Only the innermost text is kept.
 */
export function providerWords(message: string): string {
  const logged = /^\S+\.go:\d+: [\w.]+: (?<words>.*): provider=\S+$/s.exec(message)?.groups?.words;
  if (logged !== undefined) return logged;
  if (!/^\d+ errors? occurred:/.test(message)) return message;
  const items = message
    .split(/\n\s*\* /)
    .slice(1)
    .filter(
      (item) => !/^creating urn:|^updating urn:|^deleting urn:/.test(item) || !/errors? occurred:\s*$/.test(item),
    );
  return items.length === 0 ? message : items.map((item) => item.trim()).join("\n");
}

/** Failures, cause first: the failed resources, then the program's own errors, without duplicates. */
export function failures(progress: EngineProgress): readonly EngineFailure[] {
  const byUrn = Object.entries(progress.errors);
  const isStack = (urn: string): boolean => urn === "" || urnType(urn) === "pulumi:pulumi:Stack";
  const resources = byUrn
    .filter(([urn]) => !isStack(urn))
    .map(
      ([urn, messages]): EngineFailure => ({
        urn,
        what: `${urnType(urn)} "${urnName(urn)}"`,
        messages: urnType(urn) === TOPIC_TYPE && messages.some(saysTopicExists) ? [...messages, TAKE_OVER] : messages,
      }),
    );
  if (resources.length > 0) return resources;
  const own = byUrn.flatMap(([, messages]) => messages).filter((message) => !isEcho(message));
  return own.length === 0 ? [] : [{ urn: "", what: "the program", messages: own.map(withoutFrames) }];
}

/** Fix for a topic that somebody else made. */
const TAKE_OVER =
  "This stack did not create it, and nothing was changed. To take it over, `npx kit import` writes its declaration; otherwise choose another name.";

/** Whether a provider's message says that a topic exists already. */
export function saysTopicExists(message: string): boolean {
  return /topic with this name already exists/i.test(message);
}

/** An exception's message without the preface and stack frames around it; those stay in Pulumi's own log. */
function withoutFrames(message: string): string {
  const lines = message
    .split("\n")
    .filter(
      (line) =>
        !/^\s+at (\S.* \()?(file:|node:|\/)/.test(line) &&
        !/^Running program '.*' failed with an unhandled exception:$/.test(line),
    );
  return lines.join("\n").replace(/^(Error|\w+Error): /, "");
}

/** The engine repeats "update failed" on the stack for every failure, which adds no information. */
function isEcho(message: string): boolean {
  return /^(update|preview|destroy|refresh) (failed|canceled)$/.test(message);
}

/** Warnings to show: leaves out those of the offline set-up and of repaired runs. */
export function notableWarnings(progress: EngineProgress): readonly string[] {
  const known = [
    /resource plugin .* from \$?PATH/i,
    /using pulumi-\S+ from \$?PATH/i,
    /pending operations? from previous deployment/i,
    /A new version of Pulumi/i,
  ];
  return [...new Set(progress.warnings)].filter((warning) => !known.some((pattern) => pattern.test(warning)));
}

/** Totals known beforehand, by group. */
export type ExpectedCounts = Readonly<Partial<Record<GroupId, number>>>;

/** One line per group that has begun, for example `Kafka brokers 7/9 ready`. */
export function progressLines(progress: EngineProgress, expected: ExpectedCounts = {}): readonly string[] {
  return GROUPS.flatMap((group) => {
    const count = progress.groups[group.id];
    if (count === undefined || count.seen === 0) return [];
    const total = Math.max(count.seen, expected[group.id] ?? 0);
    return [`${group.title} ${count.done}/${total}${group.done === "" ? "" : ` ${group.done}`}`];
  });
}

/** The lines of unfinished groups. */
export function openLines(progress: EngineProgress, expected: ExpectedCounts = {}): readonly string[] {
  return progressLines(progress, expected).filter((line) => {
    const [, done, total] = /(\d+)\/(\d+)/.exec(line) ?? [];
    return done !== total;
  });
}
