/** Faults that set clocks wrong: every process gets a different time. */
import type { WitnessedFault } from "../../witness.ts";
import type { Probe } from "../expectations.ts";
import { getJson, putJson } from "../management.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { managementOf, namedProcesses } from "../site.ts";
import { undoable } from "../undo.ts";
import { runFault } from "./fault.ts";

type ClockSkew = Extract<KitInjection, { fault: "clock-skew" }>;

/** Maximum apparent difference of a clock that the answer's latency explains, in milliseconds. */
const ANSWER_MS = 15_000;

/** Makes instances of services use a wrong time. */
export async function skewClocks(site: Site, injection: ClockSkew, at: number): Promise<WitnessedFault> {
  const { clocks } = injection;
  const addresses = new Map<string, string>();
  for (const { target } of clocks) {
    const [management] = managementOf(await namedProcesses(site, [target]));
    addresses.set(target, `${management ?? "http://unknown.invalid"}/faults/clock`);
  }
  const urlOf = (target: string): string => addresses.get(target) ?? "";
  const wrong: readonly Probe[] = clocks.map(({ target, offsetMs }) => ({
    what: `seconds that ${target} is ahead`,
    when: "during",
    read: async () => {
      const answer = await getJson(urlOf(target));
      const now =
        typeof answer === "object" && answer !== null && "now" in answer && typeof answer.now === "number"
          ? answer.now
          : Number.NaN;
      return Math.round((now - site.now()) / 1_000);
    },
    felt: (before, after) =>
      Math.abs(Number(before)) * 1_000 < ANSWER_MS && Math.abs(Number(after) * 1_000 - offsetMs) < ANSWER_MS,
  }));
  let undo = (): Promise<void> => Promise.resolve();
  return await runFault(site, {
    name: `clocks of ${clocks.map(({ target }) => target).join(", ")} are wrong`,
    at,
    lengthMs: injection.lengthMs,
    probes: wrong,
    async strike() {
      undo = await undoable(
        site.access,
        site.stateDir,
        clocks.map(({ target }) => ({ kind: "put", urls: [urlOf(target)], body: { offsetMs: 0 } })),
        async () => {
          for (const { target, offsetMs } of clocks) await putJson([urlOf(target)], { offsetMs });
        },
      );
    },
    heal: () => undo(),
  });
}
