import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { objectOf } from "../resource-facts.ts";
import type { TopicBefore } from "../rule.ts";

/** Environment variable with the path of an exported state to compare with, or `none`. */
export const baselineVariable = "KIT_POLICY_BASELINE";

/** Timeout of an export in ms. */
const patience = 30_000;

/** Topics in the stack's state, or why there is no state to compare with. */
export type Baseline =
  | { readonly ok: true; readonly topics: ReadonlyMap<string, TopicBefore> }
  | { readonly ok: false; readonly reason: string };

/**
 * Returns the topics before the change: from the file in `KIT_POLICY_BASELINE`, otherwise from the stack's own state. A
 * policy sees only the new resources, so without the old state it cannot distinguish a reduced number from a new topic.
 */
export async function readBaseline(
  stack: string,
  programDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Baseline> {
  const named = env[baselineVariable];
  if (named === "none") return { ok: true, topics: new Map() };
  try {
    return {
      ok: true,
      topics: topicsOfState(
        JSON.parse(named === undefined ? await exportState(stack, programDir) : await readFile(named, "utf8")),
      ),
    };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}

/** Returns the topics of an exported state. Entries with an unknown format are ignored. */
export function topicsOfState(state: unknown): Map<string, TopicBefore> {
  const resources = property(property(state, "deployment"), "resources");
  const topics = new Map<string, TopicBefore>();
  for (const resource of Array.isArray(resources) ? resources : []) {
    const [type, urn, inputs] = [property(resource, "type"), property(resource, "urn"), property(resource, "inputs")];
    if (typeof type !== "string" || typeof urn !== "string" || typeof inputs !== "object" || inputs === null) continue;
    const object = objectOf({ type, name: urn, urn, props: { ...inputs }, protect: false });
    if (object?.kind !== "topic") continue;
    const { name, partitions, replicationFactor } = object.fact;
    topics.set(name, {
      ...(partitions === undefined ? {} : { partitions }),
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
    });
  }
  return topics;
}

function exportState(stack: string, programDir: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      "pulumi",
      ["stack", "export", "--stack", stack, "--non-interactive"],
      { cwd: programDir, timeout: patience, maxBuffer: 1024 ** 3 },
      (error, stdout, stderr) => {
        // A stack without an update has no state, and no data to lose.
        if (error === null) resolve(stdout);
        else if (/no stack named|no previous deployment/i.test(stderr)) resolve("{}");
        else reject(new Error(stderr.trim() === "" ? error.message : stderr.trim()));
      },
    );
  });
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
