import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insistOnDigest } from "../../../cli/platform/plan-digest.ts";
import { changeDigest, expectFingerprint, parseDigest, planFingerprint } from "../../../components/plan/digest.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { modelOf, type SampleTopic, stackWith } from "../plan/sample-models.ts";

const topic = (partitions: number): SampleTopic => ({
  name: "t-one",
  partitions,
  events: 1,
  producers: [],
  consumers: [{ service: "ant", events: 1, instances: 1 }],
});
const stack = stackWith();
const [base, head, other] = [1, 2, 3].map((partitions) => planPlatform(modelOf([topic(partitions)]), stack));
if (base === undefined || head === undefined || other === undefined) throw new Error("three plans");
const print = (plan: typeof base): string => planFingerprint(plan, stack);
const parts = { head: print(head), base: print(base), refused: false };
const digest = changeDigest(parts);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kit-digest-"));
});
afterAll(() => rm(folder, { recursive: true }));

const state = (applied: string): string =>
  JSON.stringify({
    version: 3,
    checkpoint: { latest: { resources: [{ type: "pulumi:pulumi:Stack", outputs: { appliedPlan: applied } }] } },
  });

describe("a digest", () => {
  it("tells any two plans and settings apart, and no two readings of one", () => {
    expect(
      new Set([
        print(base),
        print(head),
        print(other),
        planFingerprint(base, stackWith({ topics: { retention: "1d" } })),
      ]).size,
    ).toBe(4);
    expect(planFingerprint(planPlatform(modelOf([topic(1)]), stackWith()), stackWith())).toBe(print(base));
  });

  it("is read back in its halves, and nothing else is", () => {
    expect(parseDigest(digest)).toEqual(parts);
    expect(parseDigest(changeDigest({ ...parts, refused: true }))).toEqual({ ...parts, refused: true });
    for (const wrong of ["", print(head), `${digest}0`, digest.toUpperCase(), digest.replace("-", "_")])
      expect(parseDigest(wrong)).toBeUndefined();
  });

  it.each([
    ["where nothing was applied yet", undefined],
    ["where its base is applied", state(print(base))],
    ["where it is applied itself, as after a run that broke off late", state(print(head))],
    ["where a platform from before has no fingerprint", state("").replace(/"appliedPlan":""/, "")],
  ])("lets its plan pass %s", async (_, content) => {
    const file = join(folder, `${Math.abs(content?.length ?? 0)}.json`);
    if (content !== undefined) await writeFile(file, content);
    expect(await insistOnDigest(digest, head, stack, file)).toBe(print(head));
  });

  it("refuses another plan, another base and what is no digest", async () => {
    const file = join(folder, "state.json");
    await writeFile(file, state(print(other)));
    await expect(insistOnDigest(digest, other, stack, file)).rejects.toMatchObject({
      code: "KIT_DIGEST_OTHER_PLAN",
      exitCode: 1,
    });
    await expect(insistOnDigest(digest, head, stack, file)).rejects.toMatchObject({
      code: "KIT_DIGEST_OTHER_BASE",
      exitCode: 1,
    });
    await expect(
      insistOnDigest(changeDigest({ ...parts, refused: true }), head, stack, join(folder, "none.json")),
    ).rejects.toMatchObject({ code: "KIT_DIGEST_REFUSED", exitCode: 1 });
    await expect(insistOnDigest("abc", head, stack, file)).rejects.toMatchObject({
      code: "KIT_DIGEST_INVALID",
      exitCode: 2,
    });
  });

  it("is looked up in a compressed state as well", async () => {
    const file = join(folder, "compressed.json");
    await writeFile(`${file}.gz`, gzipSync(state(print(other))));
    await expect(insistOnDigest(digest, head, stack, file)).rejects.toMatchObject({ code: "KIT_DIGEST_OTHER_BASE" });
  });

  it("makes the program itself refuse other files", () => {
    expect(() => expectFingerprint(print(head), {})).not.toThrow();
    expect(() => expectFingerprint(print(head), { KIT_PLAN_FINGERPRINT: print(head) })).not.toThrow();
    expect(() => expectFingerprint(print(other), { KIT_PLAN_FINGERPRINT: print(head) })).toThrow(/Nothing was touched/);
  });
});
