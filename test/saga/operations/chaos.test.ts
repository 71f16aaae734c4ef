/**
 * A selection of `kit chaos` on the whole platform, small enough for every run of the tests; the whole matrix is `npm run
 * chaos`. Each run must have an effect, end with every invariant kept, and restore the platform.
 */
import { describe, expect, it } from "vitest";
import type { ChaosReport } from "../../../cli/chaos/report-document.ts";
import type { VerifyDocument } from "../../../cli/verify/verify-platform.ts";
import { kitJson, runKit } from "../../platform/kit-command.ts";
import { testPlatform } from "../../platform/test-platform.ts";

/** The same schedule in every run. */
const SEED = 11;
const RATE = 10;
const LIMIT_MS = 240_000;

describe("faults on the whole platform, under load", () => {
  const platform = testPlatform();

  it.each(["broker-kill", "service-after-commit", "live-migration"])(
    "%s: felt, healed, nothing lost or doubled",
    async (scenario) => {
      const { code, stdout, stderr } = await runKit(
        platform,
        ["chaos", "--scenario", scenario, "--seed", String(SEED), "--rate", String(RATE), "--json"],
        { timeoutMs: LIMIT_MS },
      );
      expect(stdout, stderr.slice(-4_000)).not.toBe("");
      const report = JSON.parse(stdout) as ChaosReport;
      const broken = report.verify.invariants
        .filter(({ holds }) => !holds)
        .map(({ id, name, problems }) => ({ id, name, problems }));
      expect({ outcome: report.outcome, broken }, stderr.slice(-4_000)).toEqual({ outcome: "clean", broken: [] });
      expect(code).toBe(0);

      expect(report.faults.length).toBeGreaterThan(0);
      for (const fault of report.faults) expect(fault.evidence.length).toBeGreaterThan(0);
      expect(report.load.accepted, "every order was taken in the end").toBe(report.load.due);
      expect(report.demands.filter(({ met }) => !met)).toEqual([]);
      expect(report.orders).toMatchObject({ open: 0 });
      const dead = (
        await kitJson<{ processes: { name: string; state: string }[] }>(platform, ["status"])
      ).processes.filter(({ state }) => state !== "running");
      expect(dead).toEqual([]);
    },
    LIMIT_MS + 30_000,
  );

  it("kit verify finds every invariant kept afterwards, by itself", async () => {
    const document = await kitJson<VerifyDocument>(platform, ["verify", "--settle", "60s"]);
    expect(document.holds).toBe(true);
    expect(document.invariants.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });
});
