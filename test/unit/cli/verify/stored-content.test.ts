import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { newClaimKey } from "@event-platform-kit/service/claim-check/reference";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServerAccess } from "../../../../cli/platform/platform-access.ts";
import type { Evidence, StoredContent, TopicRecord } from "../../../../cli/verify/evidence.ts";
import { judgeContext } from "../../../../cli/verify/invariants/context.ts";
import { storedContent } from "../../../../cli/verify/invariants/stored-content.ts";
import { readStoredContent } from "../../../../cli/verify/stored-content.ts";
import type { Witness } from "../../../../cli/witness.ts";
import { NO_WITNESS } from "../../../../cli/witness.ts";
import { MessagingWorld, NOW } from "./messaging-world.ts";

const DAY = 86_400_000;
const HASH = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"; // of "content"
const keyOf = (daysAgo: number, producer = "order-service"): string =>
  newClaimKey("order-events", producer, () => NOW - daysAgo * DAY);

/** The invariant over a world whose first record refers to an object, and whose store holds some. */
function judged(
  claim: Partial<NonNullable<TopicRecord["claim"]>> & { readonly key: string },
  content: StoredContent,
  witness?: Witness,
) {
  const evidence = MessagingWorld.atRest().evidence();
  const [first, ...rest] = evidence.records;
  if (first === undefined) throw new Error("the world has no records");
  const contracts = evidence.contracts.map((contract) =>
    contract.service === "order-service"
      ? { ...contract, claimChecks: { stores: [{ topic: "order-events", keepMs: 37 * DAY }] } }
      : contract,
  );
  const changed: Evidence = {
    ...evidence,
    contracts,
    records: [{ ...first, claim: { size: 7, sha256: HASH, ...claim } }, ...rest],
    stored: content,
  };
  const { figures, violations, notes = [] } = storedContent(judgeContext(changed, witness, {}));
  return {
    figures,
    problems: violations.examples.map(({ subject, message }) => `${subject} ${message}`).join("\n"),
    count: violations.count,
    notes,
    first,
  };
}

describe("stored content", () => {
  const key = keyOf(1);
  const good = { objects: [{ key, size: 7, sha256: HASH }], waiting: [] };

  it("resolves", () => {
    expect(judged({ key }, good)).toMatchObject({
      count: 0,
      notes: [],
      figures: { objects: 1, bytes: 7, references: 1, unreferenced: 0 },
    });
  });

  it.each<[string, ReturnType<typeof judged>, RegExp]>([
    ["a missing object", judged({ key }, { objects: [], waiting: [] }), /which is not in the store/],
    ["another size", judged({ key, size: 8 }, good), /with 8 bytes; it has 7/],
    ["other content", judged({ key, sha256: "0".repeat(64) }, good), /with SHA-256 000/],
    ["no key", judged({ key: "../../etc/passwd" }, good), /which is no key/],
    [
      "content of an event in the outbox",
      judged({ key }, { ...good, waiting: [keyOf(0)] }),
      /an event in the outbox refers to it/,
    ],
    [
      "what should have gone",
      judged({ key }, { objects: [...good.objects, { key: keyOf(39), size: 1 }], waiting: [] }),
      /still in the store 24 h after its time/,
    ],
  ])("is missed or too much: %s", (_what, { problems, count }, expected) => {
    expect(problems).toMatch(expected);
    expect(count).toBe(1);
  });

  it("may be gone with its time, may stay while its event waits, and may be an orphan until then", () => {
    expect(judged({ key: keyOf(50) }, { objects: [], waiting: [] })).toMatchObject({
      count: 0,
      figures: { expired: 1 },
    });
    const late = keyOf(60);
    expect(judged({ key }, { objects: [...good.objects, { key: late, size: 1 }], waiting: [late] }).count).toBe(0);
    expect(
      judged(
        { key },
        {
          objects: [...good.objects, { key: keyOf(2), size: 1 }, { key: "order-events/x.part", size: 1 }],
          waiting: [],
        },
      ),
    ).toMatchObject({
      count: 0,
      notes: [expect.stringContaining("no record refers to"), expect.stringContaining("no objects of it")],
    });
  });

  it("is not asked of records that a test put in", () => {
    const { first } = judged({ key }, good);
    const witness = {
      ...NO_WITNESS,
      injected: [{ topic: first.topic, partition: first.partition, offset: first.offset }],
    } as unknown as Witness;
    expect(judged({ key: "anything" }, { objects: [], waiting: [] }, witness).count).toBe(0);
  });
});

describe("reading the store", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stored-"));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));
  const access = { services: [] } as unknown as ServerAccess;

  it("hashes what records refer to, and lists the rest", async () => {
    const keys = [keyOf(1), keyOf(2)];
    for (const key of keys) {
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), "content");
    }
    const record = {
      ...(MessagingWorld.atRest().evidence().records[0] as TopicRecord),
      claim: { key: keys[0] ?? "", size: 7, sha256: HASH },
    };
    const { objects } = await readStoredContent(folder, access, [], [record]);
    expect(objects).toEqual(
      keys.toSorted().map((key) => ({ key, size: 7, ...(key === keys[0] ? { sha256: HASH } : {}) })),
    );
    expect(await readStoredContent(join(folder, "none"), access, [], [])).toEqual({ objects: [], waiting: [] });
  });
});
