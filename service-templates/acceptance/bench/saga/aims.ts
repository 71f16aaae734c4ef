/** Performance targets of the saga, and the verdicts on them. */
import type { RateResult } from "./measure-rate.ts";

/** One figure compared with its target. */
export interface AimVerdict {
  readonly what: string;
  readonly aim: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** Up to this rate (3 M orders a day) the latency is judged; above it, whether the platform keeps up. */
const DAILY_RATE = 35;
const SUSTAINED_RATE = 120;
const P95_MS = 120;
const P99_MS = 400;

/** Returns the verdicts on one rate. */
export function judgeAims(result: RateResult): readonly AimVerdict[] {
  const { ratePerSecond, confirmed, backlog, orders } = result;
  const failed = orders.due - orders.confirmed;
  const verdicts: AimVerdict[] = [
    { what: "every order confirmed", aim: `${orders.due}`, measured: `${orders.confirmed}`, reached: failed === 0 },
  ];
  if (ratePerSecond <= DAILY_RATE) {
    verdicts.push(
      {
        what: "p95 to confirmed",
        aim: `≤ ${P95_MS} ms`,
        measured: `${confirmed.p95} ms`,
        reached: confirmed.count > 0 && confirmed.p95 <= P95_MS,
      },
      {
        what: "p99 to confirmed",
        aim: `≤ ${P99_MS} ms`,
        measured: `${confirmed.p99} ms`,
        reached: confirmed.count > 0 && confirmed.p99 <= P99_MS,
      },
    );
  }
  if (ratePerSecond >= SUSTAINED_RATE) {
    verdicts.push({
      what: "unfinished orders do not grow",
      aim: `≤ ${Math.round(backlog.middle * 1.5 + ratePerSecond)} in the last third`,
      measured: `${backlog.last}`,
      reached: backlog.bounded,
    });
  }
  return verdicts;
}
