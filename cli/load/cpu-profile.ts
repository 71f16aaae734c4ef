/** Analyses a V8 processor profile: time by function and by package. */

/** The part of V8's profile format that is used. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Id of the node that ran at each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the previous sample. */
  readonly timeDeltas: readonly number[];
}

/** A code location with its share of the busy time. */
export interface SelfTime {
  readonly where: string;
  readonly ms: number;
  /** Share of the time in which the process was not idle, 0 to 1. */
  readonly share: number;
}

/** Summary of a profile. */
export interface ProfileSummary {
  readonly durationMs: number;
  /** Not idle. */
  readonly busyMs: number;
  readonly functions: readonly SelfTime[];
  readonly packages: readonly SelfTime[];
}

/**
 * Sums a profile up, largest first.
 * @param count - Length of the lists.
 * @throws {Error} when it is not a profile.
 */
export function summarizeProfile(profile: CpuProfile, count: number): ProfileSummary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let durationMs = 0;
  let busyMs = 0;
  for (const [place, id] of profile.samples.entries()) {
    // A sample's node ran until the next sample.
    const ms = (profile.timeDeltas[place + 1] ?? 0) / 1000;
    const frame = nodes.get(id);
    if (frame === undefined) throw new Error(`the profile names a node ${id} that it does not hold`);
    durationMs += ms;
    if (frame.functionName === "(idle)") continue;
    busyMs += ms;
    const source = sourceOf(frame.url);
    const internal = /^\(.*\)$/.test(frame.functionName) && frame.url === "";
    const where = internal
      ? frame.functionName
      : `${frame.functionName || "(anonymous)"} ${source.file}:${frame.lineNumber + 1}`;
    functions.set(where, (functions.get(where) ?? 0) + ms);
    const name = internal ? frame.functionName : source.package;
    packages.set(name, (packages.get(name) ?? 0) + ms);
  }
  return {
    durationMs: rounded(durationMs),
    busyMs: rounded(busyMs),
    functions: top(functions, busyMs, count),
    packages: top(packages, busyMs, count),
  };
}

function top(sums: ReadonlyMap<string, number>, busyMs: number, count: number): readonly SelfTime[] {
  return [...sums]
    .sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
    .slice(0, count)
    .map(([where, ms]) => ({
      where,
      ms: rounded(ms),
      share: busyMs === 0 ? 0 : Math.round((ms / busyMs) * 1000) / 1000,
    }));
}

/** A script's package and its file in the package, without the folders of this machine. */
function sourceOf(url: string): { package: string; file: string } {
  if (url === "") return { package: "(native)", file: "(native)" };
  if (url.startsWith("node:")) return { package: "node", file: url };
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url);
  if (installed !== null) return { package: installed[1] ?? "", file: `${installed[1] ?? ""}/${installed[2] ?? ""}` };
  const own = /\/service-templates\/([^/]+)\/(.*)$/.exec(url);
  if (own !== null) return { package: own[1] ?? "", file: `${own[1] ?? ""}/${own[2] ?? ""}` };
  return { package: "(other)", file: url.slice(url.lastIndexOf("/") + 1) };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
