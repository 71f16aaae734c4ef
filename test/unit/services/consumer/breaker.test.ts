import { ServiceError } from "@event-platform-kit/service/errors";
import { backoff } from "@event-platform-kit/service/retry";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BreakerState, Verdict } from "../../../../service-templates/lib/consumer/breaker.ts";
import {
  afterFailure,
  afterSuccess,
  BREAKER,
  CLOSED,
  fingerprintOf,
} from "../../../../service-templates/lib/consumer/breaker.ts";

/** `kind!key:error` fails, `kind` alone succeeds. */
type Step = string;

function run(
  steps: readonly Step[],
  from: BreakerState = CLOSED,
): { readonly state: BreakerState; readonly verdicts: readonly Verdict[] } {
  const verdicts: Verdict[] = [];
  let state = from;
  for (const step of steps) {
    const failed = /^(.*)!(.*):(.*)$/u.exec(step);
    if (failed === null) {
      state = afterSuccess(state, step);
      continue;
    }
    const [, kind = "", key = "", fingerprint = ""] = failed;
    const { after, verdict } = afterFailure(state, { kind, key, fingerprint });
    state = after;
    verdicts.push(verdict);
  }
  return { state, verdicts };
}

const fill = (count: number, step: (place: number) => Step): Step[] =>
  Array.from({ length: count }, (_, place) => step(place));

describe("the consumer's breaker", () => {
  it.each<readonly [string, readonly Step[], BreakerState["state"], string]>([
    ["four keys alike", fill(4, (n) => `a!k${n}:e`), "closed", "gggg"],
    ["five keys alike: the fifth is held", fill(5, (n) => `a!k${n}:e`), "open", "ggggh"],
    ["one key, however often", fill(50, () => "a!k:e"), "closed", "g".repeat(50)],
    ["five keys, each with its own error", fill(5, (n) => `a!k${n}:e${n}`), "closed", "ggggg"],
    [
      "another error begins a new row",
      [...fill(4, (n) => `a!k${n}:e`), "a!k5:f", ...fill(3, (n) => `a!l${n}:f`)],
      "closed",
      "gggggggg",
    ],
    [
      "a success of the same kind ends the row",
      [...fill(4, (n) => `a!k${n}:e`), "a", ...fill(4, (n) => `a!l${n}:e`)],
      "closed",
      "gggggggg",
    ],
    [
      "a success of another kind does not: one broken handler among good ones",
      [0, 1, 2, 3, 4].flatMap((n) => ["b", `a!k${n}:e`]),
      "open",
      "ggggh",
    ],
    ["rows of kinds are counted apart", fill(8, (n) => `${n % 2 === 0 ? "a" : "b"}!k${n}:e`), "closed", "gggggggg"],
    ["open: the same failure is held", [...fill(5, (n) => `a!k${n}:e`), "a!k4:e", "a!k5:e"], "open", "gggghhh"],
    [
      "open: a success closes it, and the row begins again",
      [...fill(5, (n) => `a!k${n}:e`), "a", "a!k4:e"],
      "closed",
      "gggghg",
    ],
    ["open: a success of another kind does not", [...fill(5, (n) => `a!k${n}:e`), "b"], "open", "ggggh"],
    [
      "open: another failure closes it, and is the record's own",
      [...fill(5, (n) => `a!k${n}:e`), "a!k4:f"],
      "closed",
      "gggghg",
    ],
    [
      "open: a failure of another kind is that record's own",
      [...fill(5, (n) => `a!k${n}:e`), "b!k9:e"],
      "open",
      "gggghg",
    ],
  ])("%s", (_what, steps, state, verdicts) => {
    const end = run(steps);
    expect([end.state.state, end.verdicts.map((verdict) => verdict[0]).join("")]).toEqual([state, verdicts]);
  });

  it("gives up one record per probe once it was patient for about five minutes, so that nothing is stuck for good", () => {
    const { probes, keys } = BREAKER;
    const { verdicts } = run(fill(keys + probes.attempts + 3, (n) => `a!k${n}:e`));
    expect(verdicts.map((verdict) => verdict[0]).join("")).toBe(
      `${"g".repeat(keys - 1)}h${"h".repeat(probes.attempts)}ggg`,
    );
    const waited = Array.from({ length: probes.attempts }, (_, place) => backoff(place + 1, probes, () => 0.5)).reduce(
      (sum, ms) => sum + ms,
      0,
    );
    expect(waited / 60_000).toBeGreaterThan(2);
    expect(waited / 60_000).toBeLessThan(6);
  });

  const step = fc.oneof(
    fc.constantFrom("a", "b"),
    fc
      .tuple(fc.constantFrom("a", "b"), fc.integer({ min: 0, max: 9 }), fc.constantFrom("e", "f"))
      .map(([kind, key, error]) => `${kind}!k${key}:${error}`),
  );

  it("decides the same about the same history, split anywhere", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(80), (steps, at) => {
        const whole = run(steps);
        const first = run(steps.slice(0, at));
        const rest = run(steps.slice(at), first.state);
        expect({ state: rest.state, verdicts: [...first.verdicts, ...rest.verdicts] }).toEqual(whole);
      }),
    );
  });

  it("never gives up more than its limit of keys alike in a row before it holds, and remembers no more than that", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let state = CLOSED;
        const rows = new Map<string, { fingerprint: string; keys: Set<string> }>();
        for (const each of steps) {
          const failed = /^(.*)!(.*):(.*)$/u.exec(each);
          if (failed === null) {
            state = afterSuccess(state, each);
            rows.delete(each);
          } else {
            const [, kind = "", key = "", fingerprint = ""] = failed;
            const { after, verdict } = afterFailure(state, { kind, key, fingerprint });
            const row = rows.get(kind);
            if (verdict === "hold") rows.delete(kind);
            else if (row?.fingerprint === fingerprint) row.keys.add(key);
            else rows.set(kind, { fingerprint, keys: new Set([key]) });
            const open = state.state === "open" && state.kind !== kind;
            if (!open && state.state === "closed") expect(rows.get(kind)?.keys.size ?? 0).toBeLessThan(BREAKER.keys);
            state = after;
          }
          if (state.state === "closed")
            for (const { keys } of state.streaks.values()) expect(keys.length).toBeLessThan(BREAKER.keys);
        }
      }),
    );
  });

  it("holds every record of a fault that all share, up to its patience, however the keys come", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: BREAKER.keys, maxLength: BREAKER.keys + BREAKER.probes.attempts }),
        (keys) => {
          const { verdicts } = run(keys.map((key) => `a!${Buffer.from(key).toString("hex")}:e`));
          expect(verdicts.filter((verdict) => verdict === "give-up")).toHaveLength(BREAKER.keys - 1);
        },
      ),
    );
  });
});

describe("what errors of one cause have in common", () => {
  const uuid = (n: number): string => `0194000${n}-0000-7000-8000-00000000000${n}`;
  it.each([
    ["identifiers", new Error(`order ${uuid(1)} is not there`), new Error(`order ${uuid(2)} is not there`)],
    ["numbers", new Error("has 12 pieces at 3.50"), new Error("has 7 pieces at 10")],
    [
      "quoted values",
      new Error('invalid input syntax for type integer: "abc"'),
      new Error('invalid input syntax for type integer: "de"'),
    ],
    ["classes of errors", new TypeError("x is not a function"), new TypeError("x is not a function")],
  ])("does not depend on %s", (_what, a, b) => expect(fingerprintOf(a)).toBe(fingerprintOf(b)));
  it.each([
    ["messages", new Error("a"), new Error("b")],
    ["classes", new TypeError("a"), new Error("a")],
    ["codes", Object.assign(new Error("a"), { code: "22003" }), Object.assign(new Error("a"), { code: "22P02" })],
    [
      "constraints",
      Object.assign(new Error("a"), { code: "23514", constraint: "c" }),
      Object.assign(new Error("a"), { code: "23514", constraint: "d" }),
    ],
    ["codes of the catalogue", new ServiceError("SVC_EVENT_INVALID", "a"), new ServiceError("SVC_EVENT_VERSION", "a")],
  ])("depends on %s", (_what, a, b) => expect(fingerprintOf(a)).not.toBe(fingerprintOf(b)));
  it("is short, for anything that can be thrown", () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ maxLength: 5_000 }), (thrown, message) => {
        expect(fingerprintOf(new Error(message)).length).toBeLessThan(300);
        expect(
          typeof fingerprintOf(
            typeof thrown === "object" && thrown !== null ? new Error("x", { cause: thrown }) : thrown,
          ),
        ).toBe("string");
      }),
    );
  });
});
