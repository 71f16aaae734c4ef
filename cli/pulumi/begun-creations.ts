/**
 * Creations that a killed run had begun. Pulumi records each before it asks a provider, so its state is the journal of intents:
 * a recorded resource may exist or not. The engine itself would keep these records forever and create again, and Kafka would
 * refuse an existing topic. The kit therefore removes the records from the state and passes the topics' names to the program,
 * which imports existing topics (`components/kafka/begun-topics.ts`). Every other kind of resource on the platform can be
 * created over itself.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../../components/machine/durable-file.ts";
import { compareText } from "../../components/model/problems/problem.ts";
import { urnName, urnType } from "./events.ts";
import type { EngineFailure } from "./progress.ts";
import { saysTopicExists, TOPIC_TYPE } from "./progress.ts";
import type { ExportedStack } from "./torn-grants.ts";

interface PendingOperation {
  readonly type: string;
  readonly resource: { readonly type: string; readonly inputs?: Readonly<Record<string, unknown>> };
}

/** Whether a state file may contain such records; cheap, checked at every run. */
export function mayHoldBegunCreations(state: string): boolean {
  return state.includes('"pending_operations"');
}

/**
 * The stack without records of begun creations.
 * @returns `topics` has the names of topics among them, sorted; `removed` counts all; `stack` is the given one if there are
 * none.
 */
export function withoutBegunCreations<T extends ExportedStack>(
  stack: T,
): { stack: T; topics: readonly string[]; removed: number } {
  const operations = pendingOperations(stack);
  const begun = operations.filter(({ type }) => type === "creating");
  if (begun.length === 0) return { stack, topics: [], removed: 0 };
  const names = begun.flatMap(({ resource }) => {
    const name = resource.type === TOPIC_TYPE ? resource.inputs?.name : undefined;
    return typeof name === "string" ? [name] : [];
  });
  const deployment = { ...stack.deployment, pending_operations: operations.filter(({ type }) => type !== "creating") };
  return { stack: { ...stack, deployment }, topics: [...new Set(names)].sort(), removed: begun.length };
}

function pendingOperations(stack: ExportedStack): readonly PendingOperation[] {
  const { deployment } = stack;
  const operations: unknown = "pending_operations" in deployment ? deployment.pending_operations : undefined;
  return Array.isArray(operations) ? operations.filter(isPendingOperation) : [];
}

function isPendingOperation(value: unknown): value is PendingOperation {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "resource" in value &&
    typeof value.resource === "object" &&
    value.resource !== null &&
    "type" in value.resource
  );
}

/** File that keeps the names until a run has succeeded. */
export function begunTopicsFile(stateDir: string): string {
  return join(stateDir, "begun-topics.json");
}

/** Adds names to the file before their records are removed from the state: a second crash in between must not lose them. */
export async function rememberBegunTopics(stateDir: string, topics: readonly string[]): Promise<void> {
  if (topics.length === 0) return;
  const file = begunTopicsFile(stateDir);
  const known: unknown = JSON.parse(await readFile(file, "utf8").catch(() => "[]"));
  const names = new Set([...(Array.isArray(known) ? known.filter((name) => typeof name === "string") : []), ...topics]);
  await writeDurably(file, `${JSON.stringify([...names].sort())}\n`);
}

/** Removes the names: a run with them has succeeded, so its state contains the stack's own topics. */
export async function forgetBegunTopics(stateDir: string): Promise<void> {
  await rm(begunTopicsFile(stateDir), { force: true });
}

/**
 * Names of topics whose creation failed for another reason than their existence: a broker may have made such a topic although
 * its answer was lost, or came after the timeout. Pure.
 */
export function unconfirmedTopics(failed: readonly EngineFailure[]): readonly string[] {
  return failed
    .filter(({ urn, messages }) => urnType(urn) === TOPIC_TYPE && !messages.some(saysTopicExists))
    .map(({ urn }) => urnName(urn))
    .sort(compareText);
}
