/** Verifies the running platform: wait for rest, collect, judge. */
import { localLayout } from "../../components/local/layout.ts";
import type { CommandContext } from "../context.ts";
import { openPlatform } from "../platform/platform-access.ts";
import { projectPart } from "../project/load-project.ts";
import { progressReporter } from "../terminal/progress.ts";
import type { Witness } from "../witness.ts";
import { collectEvidence } from "./collect.ts";
import type { Settlement } from "./evidence.ts";
import { judge } from "./judge.ts";
import { settle } from "./settle.ts";
import { readContracts } from "./topology.ts";
import type { Verdict } from "./verdict.ts";

/** Options of a verification. */
export interface VerifyOptions {
  /** Observations from outside; without them, the invariants leave out what only an outside observer can know. */
  readonly witness?: Witness;
  /** Maximum wait for rest in milliseconds; 0: judge the current state. */
  readonly settleMs: number;
  /** T of invariant 2 in milliseconds. @default 60000 */
  readonly terminalMs?: number;
  /** Maximum number of named examples per invariant. @default 20 */
  readonly examples?: number;
}

/** The verdict with its evidence: the document of `kit verify --json`. */
export interface VerifyDocument extends Verdict {
  readonly stack: string;
  /** ISO 8601. */
  readonly takenAt: string;
  /** Absent if the command did not wait. */
  readonly settlement?: Settlement;
  readonly elapsedMs: { readonly settle: number; readonly collect: number; readonly judge: number };
}

/**
 * Verifies the platform of the context's state directory; shows progress on stderr.
 * @throws KitError `KIT_PLATFORM_NOT_RUNNING`, `KIT_SERVER_UNREACHABLE`, `KIT_TOPICS_UNREADABLE`, `KIT_PROJECT_INVALID`.
 */
export async function verifyPlatform(context: CommandContext, options: VerifyOptions): Promise<VerifyDocument> {
  const access = await openPlatform(context);
  try {
    const { stack } = access.status;
    const contracts = await readContracts(context, stack);
    const project = await projectPart(context.projectDir, "verification");
    const progress = progressReporter(context);
    const moments = [performance.now()];
    const settlement =
      options.settleMs <= 0
        ? undefined
        : await progress.step(
            "Waiting for rest",
            async (say) =>
              await settle(access, {
                contracts,
                limitMs: options.settleMs,
                onProgress: say,
                ...(project === undefined ? {} : { unfinished: (client) => project.unfinished(client) }),
              }),
          );
    moments.push(performance.now());
    const evidence = await progress.step(
      "Collecting tables and topics",
      async (say) =>
        await collectEvidence(access, {
          contracts,
          ...(project === undefined ? {} : { project }),
          now: context.now,
          claimCheckFolder: localLayout(context.stateDir).data("claim-checks"),
          onProgress: atLeastApart(say, progress.live ? 100 : 2_000),
          ...(settlement === undefined ? {} : { settlement }),
        }),
    );
    moments.push(performance.now());
    const verdict = judge(evidence, options.witness, {
      ...(project === undefined ? {} : { own: project.invariants }),
      ...(options.terminalMs === undefined ? {} : { terminalMs: options.terminalMs }),
      ...(options.examples === undefined ? {} : { examples: options.examples }),
    });
    moments.push(performance.now());
    const [settleMs = 0, collectMs = 0, judgeMs = 0] = moments
      .slice(1)
      .map((moment, place) => Math.round(moment - (moments[place] ?? moment)));
    return {
      stack,
      takenAt: new Date(evidence.takenAt).toISOString(),
      ...verdict,
      ...(settlement === undefined ? {} : { settlement }),
      elapsedMs: { settle: settleMs, collect: collectMs, judge: judgeMs },
    };
  } finally {
    await access.close();
  }
}

/** Forwards details at a minimum interval in milliseconds. */
function atLeastApart(say: (detail: string) => void, intervalMs: number): (detail: string) => void {
  let toldAt = performance.now();
  return (detail) => {
    if (performance.now() - toldAt < intervalMs) return;
    toldAt = performance.now();
    say(detail);
  };
}
