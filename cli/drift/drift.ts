/** `kit drift` as a function. */
import type { Deviation, DriftClass } from "../../components/plan/drift.ts";
import { countByClass, findDrift } from "../../components/plan/drift.ts";
import { topicConfigKeys } from "../../components/plan/topics.ts";
import type { CommandContext } from "../context.ts";
import { readDeclaredProject } from "../declaration/declared-project.ts";
import { KitError } from "../errors.ts";
import { readCluster } from "../live/cluster-reader.ts";
import { liveLogin } from "../live/login.ts";
import { readSubjects } from "../live/registry-reader.ts";

/** What `kit drift --json` prints. */
export interface DriftDocument {
  readonly stack: string;
  /** True when there is a deviation of a counted class. */
  readonly drifted: boolean;
  readonly deviations: readonly Deviation[];
  readonly summary: Readonly<Record<DriftClass, number>> & {
    readonly topics: number;
    readonly acls: number;
    readonly quotas: number;
    readonly users: number;
    /** `null` if no registry was asked. */
    readonly subjects: number | null;
  };
  /** Requests to Kafka. */
  readonly requests: number;
  readonly elapsedMs: number;
}

const CLASSES: readonly DriftClass[] = ["differs", "missing", "undeclared"];

/**
 * Classes of a list such as `differs,missing`.
 * @throws KitError `KIT_USAGE`.
 */
export function parseClasses(list: string): ReadonlySet<DriftClass> {
  const wanted = list.split(",").map((part) => part.trim());
  return new Set(
    wanted.map((part) => {
      const known = CLASSES.find((name) => name === part);
      if (known === undefined)
        throw new KitError("KIT_USAGE", `--fail-on knows ${CLASSES.join(", ")}; got ${JSON.stringify(part)}`);
      return known;
    }),
  );
}

/**
 * Compares a stack's declaration with its servers.
 * @throws KitError of the declaration, the login and the servers.
 */
export async function driftOf(
  context: CommandContext,
  stack: string,
  options: Readonly<Record<string, unknown>>,
  failOn: ReadonlySet<DriftClass>,
): Promise<DriftDocument> {
  const started = context.now();
  const login = await liveLogin(context, options);
  const stop = new AbortController();
  const [cluster, subjects, { plan }] = await Promise.all([
    readCluster(login.cluster, topicConfigKeys, { signal: stop.signal }),
    login.registry === undefined ? undefined : readSubjects(login.registry),
    readDeclaredProject(context, stack),
  ]).finally(() => stop.abort());
  const live = { ...cluster.live, ...(subjects === undefined ? {} : { subjects }) };
  const deviations = findDrift(plan, live);
  return {
    stack,
    drifted: deviations.some((deviation) => failOn.has(deviation.class)),
    deviations,
    summary: {
      ...countByClass(deviations),
      topics: live.topics.length,
      acls: live.acls.length,
      quotas: live.quotas.length,
      users: live.users.length,
      subjects: subjects?.length ?? null,
    },
    requests: cluster.requests,
    elapsedMs: context.now() - started,
  };
}
