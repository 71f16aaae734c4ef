import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClaimOutcome, claimChecks, requireStored } from "@event-platform-kit/service/claim-check";
import { removeExpiredClaims } from "@event-platform-kit/service/claim-check/cleanup";
import {
  CLAIM_HEADER,
  claimHeaders,
  newClaimKey,
  parseClaimKey,
  readClaim,
} from "@event-platform-kit/service/claim-check/reference";
import { messageOf, ServiceError } from "@event-platform-kit/service/errors";
import { frame, unframe } from "@event-platform-kit/service/events/codec";
import type { NewEvent } from "@event-platform-kit/service/events/envelope";
import type { Queryable } from "@event-platform-kit/service/storage/database";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderStore } from "../../../service-templates/lib/claim-check/folder-store.ts";
import { portionsOf } from "../../../service-templates/lib/claim-check/portions.ts";
import type { ClaimCheckStore } from "../../../service-templates/lib/claim-check/store.ts";
import type { RawRecord } from "../../../service-templates/lib/kafka/raw-record.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const DAY = 86_400_000;
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const declared = { event: "order.created", topic: "order-events", subject: "s", record: "r", schema: "s.avsc" };
const ofField = { ...declared, claimCheck: { above: 1_024, atMost: 4_096, field: "attachment.data" } };
const ofBody = { ...declared, claimCheck: { above: 1_024, atMost: 4_096 } };

let root: string;
let store: ClaimCheckStore;
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), "claim-")), "store");
  store = folderStore(root);
});
afterEach(async () => rm(join(root, ".."), { recursive: true, force: true }));

function library(
  published: typeof ofField | typeof ofBody = ofField,
  over: {
    fetches?: readonly { topic: string; producers: readonly string[]; atMost: number }[];
    store?: ClaimCheckStore;
  } = {},
) {
  const outcomes: string[] = [];
  const fetches = over.fetches ?? [{ topic: "order-events", producers: ["order-service"], atMost: 4_096 }];
  const claims = claimChecks({
    contract: {
      service: "order-service",
      claimChecks: { stores: [{ topic: "order-events", keepMs: 7 * DAY }], fetches },
    },
    codec: { published: () => published, body: (_event, payload) => Buffer.from(JSON.stringify(payload)) },
    store: over.store ?? store,
    clock: () => NOW,
    onRequest: (operation, outcome: ClaimOutcome) => outcomes.push(`${operation} ${outcome}`),
  });
  return { claims, outcomes };
}
const eventWith = (data: Buffer | null): NewEvent => ({
  type: "order.created",
  key: "1",
  payload: { orderId: "1", attachment: { name: "a", data } },
});
const received = (event: NewEvent, topic = "order-events") => ({
  type: event.type,
  payload: event.payload,
  ...(event.claim === undefined ? {} : { claim: event.claim }),
  source: { topic, partition: 0, offset: 0n },
});
async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "no error",
    (error: unknown) =>
      error instanceof ServiceError ? `${error.code}${error.permanent ? " permanent" : ""}` : messageOf(error),
  );
}

describe("a producer", () => {
  it("stores a field above the threshold, leaves null, and keeps smaller content in the event", async () => {
    const { claims, outcomes } = library();
    const content = Buffer.alloc(2_000, 7);
    const stored = await claims.store(eventWith(content));
    expect(stored.payload).toEqual({ orderId: "1", attachment: { name: "a", data: null } });
    expect(stored.claim).toMatchObject({
      size: 2_000,
      sha256: sha256(content),
      field: "attachment.data",
      key: expect.stringMatching(/^order-events\/order-service\/2026-11-30\/[0-9a-f-]{36}$/),
    });
    expect(await store.get(stored.claim?.key ?? "", 5_000)).toEqual(content);
    for (const small of [
      eventWith(Buffer.alloc(1_024)),
      eventWith(null),
      { ...eventWith(null), payload: { orderId: "1", attachment: null } },
    ])
      expect(await claims.store(small)).toBe(small);
    expect(outcomes).toEqual(["store done"]);
  });

  it("stores a whole body, which a consumer gets back in the wire format", async () => {
    const { claims } = library(ofBody);
    const stored = await claims.store({ type: "order.created", key: "1", payload: { text: "x".repeat(2_000) } });
    expect(stored.claim).not.toHaveProperty("field");
    const value = await claims.value("order-events", frame(7, Buffer.alloc(0)), stored.claim);
    expect(unframe(value)).toEqual({ schemaId: 7, body: Buffer.from(JSON.stringify(stored.payload)) });
  });

  it("refuses content above the limit before it is stored, and an event above the threshold that was not stored", async () => {
    const { claims, outcomes } = library();
    expect(await codeOf(claims.store(eventWith(Buffer.alloc(4_097))))).toBe("SVC_CLAIM_TOO_LARGE permanent");
    expect(outcomes).toEqual([]);
    expect(() => requireStored(eventWith(Buffer.alloc(1_025)), ofField, 0)).toThrow(/1025 bytes, above the 1024/);
    expect(() => requireStored(eventWith(Buffer.alloc(1_024)), ofField, 9_999)).not.toThrow();
    expect(() => requireStored(eventWith(null), ofBody, 1_025)).toThrow(/SVC_CLAIM_SKIPPED|above the 1024/);
  });

  it("says that the store is away, which is no fault of the event", async () => {
    const { claims, outcomes } = library(ofField, {
      store: { ...store, put: () => Promise.reject(new Error("connect ECONNREFUSED")) },
    });
    expect(await codeOf(claims.store(eventWith(Buffer.alloc(2_000))))).toBe("SVC_CLAIM_STORE_UNAVAILABLE");
    expect(outcomes).toEqual(["store unavailable"]);
  });
});

describe("a consumer", () => {
  it("reads inline and stored content alike, and nothing where there is none", async () => {
    const { claims, outcomes } = library();
    const content = Buffer.alloc(3_000, 1);
    expect(await claims.read(received(await claims.store(eventWith(content))), "attachment.data")).toEqual(content);
    expect(await claims.read(received(eventWith(Buffer.from("hi"))), "attachment.data")).toEqual(Buffer.from("hi"));
    expect(await claims.read(received(eventWith(null)), "attachment.data")).toBeUndefined();
    expect(outcomes).toEqual(["store done", "fetch done"]);
  });

  it.each<[string, string, (path: string) => Promise<void>]>([
    ["a missing object", "SVC_CLAIM_MISSING permanent", (path) => rm(path)],
    [
      "another content of the same size",
      "SVC_CLAIM_ALTERED permanent",
      (path) => writeFile(path, Buffer.alloc(2_000, 9)),
    ],
    ["a longer object", "SVC_CLAIM_ALTERED permanent", (path) => writeFile(path, Buffer.alloc(9_000, 7))],
    ["a shorter object", "SVC_CLAIM_ALTERED permanent", (path) => writeFile(path, Buffer.alloc(10, 7))],
    ["a store that is away", "SVC_CLAIM_STORE_UNAVAILABLE", () => rename(root, `${root}-away`)],
  ])("tells %s apart", async (_what, code, damage) => {
    const { claims } = library();
    const stored = await claims.store(eventWith(Buffer.alloc(2_000, 7)));
    await damage(join(root, stored.claim?.key ?? ""));
    expect(await codeOf(claims.read(received(stored), "attachment.data"))).toBe(code);
  });

  it("reads nothing beyond what its contract names", async () => {
    const { claims } = library();
    const stored = await claims.store(eventWith(Buffer.alloc(2_000, 7)));
    const with_ = (claim: object) =>
      received({ ...stored, claim: { ...stored.claim, ...claim } as NonNullable<NewEvent["claim"]> });
    const key = stored.claim?.key ?? "";
    expect(await codeOf(claims.read(received(stored, "payment-events"), "attachment.data"))).toBe(
      "SVC_CLAIM_REFERENCE permanent",
    );
    for (const forged of [
      key.replace("order-events", "payment-events"),
      key.replace("order-service", "payment-service"),
      `../${key}`,
      "/etc/passwd",
      "",
    ]) {
      expect(await codeOf(claims.read(with_({ key: forged }), "attachment.data")), forged).toBe(
        "SVC_CLAIM_REFERENCE permanent",
      );
    }
    expect(await codeOf(claims.read(with_({ size: 4_097 }), "attachment.data"))).toBe("SVC_CLAIM_REFERENCE permanent");
    expect(await codeOf(library(ofField, { fetches: [] }).claims.read(received(stored), "attachment.data"))).toBe(
      "SVC_CLAIM_REFERENCE permanent",
    );
  });
});

describe("references", () => {
  const headersOf = (entries: Record<string, string>): RawRecord["headers"] =>
    new Map(Object.entries(entries).map(([name, value]) => [name, Buffer.from(value)]));

  it("come back from headers as they were", () => {
    const claim = {
      key: newClaimKey("order-events", "order-service", () => NOW),
      size: 5,
      sha256: "0".repeat(64),
      field: "a.b",
    };
    expect(readClaim(headersOf(claimHeaders(claim)))).toEqual(claim);
    expect(readClaim(headersOf({}))).toBeUndefined();
  });

  it.each([
    [CLAIM_HEADER.key, "order-events/order-service/2026-11-30/../../../etc"],
    [CLAIM_HEADER.key, "https://example.com/a"],
    [CLAIM_HEADER.key, "order-events/../2026-11-30/0193a0e0-0000-7000-8000-000000000000"],
    [CLAIM_HEADER.size, "-1"],
    [CLAIM_HEADER.size, "1e9"],
    [CLAIM_HEADER.sha256, "00"],
    [CLAIM_HEADER.field, "a..b"],
    [CLAIM_HEADER.field, "__proto__.x.toString()"],
  ])("with %s %j are the record's fault", async (name, value) => {
    const good = claimHeaders({
      key: newClaimKey("order-events", "order-service", () => NOW),
      size: 5,
      sha256: "0".repeat(64),
    });
    expect(await codeOf((async () => readClaim(headersOf({ ...good, [name]: value })))())).toBe(
      "SVC_CLAIM_REFERENCE permanent",
    );
  });

  it("never lead out of their folder, whatever is asked for", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .array(
              fc.constantFrom("..", ".", "a", "2026-11-30", "0193a0e0-0000-7000-8000-000000000000", "", "\\", "%2e%2e"),
              { maxLength: 6 },
            )
            .map((parts) => parts.join("/")),
        ),
        (key) => {
          const parsed = parseClaimKey(key);
          if (parsed !== undefined) expect(join("/store", ...key.split("/"))).toBe(`/store/${key}`);
        },
      ),
    );
  });
});

describe("the folder", () => {
  it("is private, leaves no half-written object, and follows no link", async () => {
    const key = newClaimKey("order-events", "order-service", () => NOW);
    await store.put(key, Buffer.from("content"));
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, key))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(root, key, ".."))).toHaveLength(1);
    const link = newClaimKey("order-events", "order-service", () => NOW);
    await symlink("/etc/passwd", join(root, link));
    await expect(store.get(link, 10_000)).rejects.toThrow(/ELOOP/);
    await expect(store.put("../x", Buffer.alloc(1))).rejects.toThrow(/no key/);
  });

  it("does not take a folder it may not read for an empty one", async () => {
    await mkdir(root, { mode: 0o700 });
    await writeFile(join(root, "order-events"), "no folder");
    await expect(
      store.get(
        newClaimKey("order-events", "order-service", () => NOW),
        10,
      ),
    ).rejects.toThrow();
    await chmod(root, 0o700);
  });
});

describe("the clean-up", () => {
  const at = (daysAgo: number) => () => NOW - daysAgo * DAY;
  const database = (waiting: readonly string[]): Queryable => ({
    async query(statement: { text: string }) {
      return (
        statement.text.includes("clock_timestamp") ? [{ now: String(NOW) }] : waiting.map((key) => ({ key }))
      ) as never;
    },
  });
  const contract = {
    service: "order-service",
    claimChecks: { stores: [{ topic: "order-events", keepMs: 7 * DAY }, { topic: "kept-events" }], fetches: [] },
  };

  it("removes what is over, and keeps what is young, waits in the outbox, or belongs to others", async () => {
    const keys = { old: at(9), edge: at(8), young: at(7), waiting: at(20) };
    const made = Object.fromEntries(
      await Promise.all(
        Object.entries(keys).map(async ([name, clock]) => {
          const key = newClaimKey("order-events", "order-service", clock);
          await store.put(key, Buffer.from(name));
          return [name, key] as const;
        }),
      ),
    );
    const others = [
      newClaimKey("order-events", "payment-service", at(99)),
      newClaimKey("kept-events", "order-service", at(99)),
    ];
    for (const key of others) await store.put(key, Buffer.alloc(1));
    expect(await removeExpiredClaims({ contract, store, database: database([made.waiting ?? ""]) })).toBe(2);
    const left = await Promise.all(
      [...Object.values(made), ...others].map(async (key) => [(await store.get(key, 10)) !== undefined, key] as const),
    );
    expect(left.filter(([there]) => !there).map(([, key]) => key)).toEqual([made.old, made.edge]);
  });

  it("takes along what a crash left half-written, and the empty folder", async () => {
    const key = newClaimKey("order-events", "order-service", at(9));
    await store.put(key, Buffer.alloc(1));
    await writeFile(`${join(root, key)}.x.part`, "half");
    await removeExpiredClaims({ contract, store, database: database([]) });
    expect(await readdir(join(root, "order-events", "order-service"))).toEqual([]);
  });
});

it("portions bound the stored content of a batch and keep the order of its records", () => {
  const record = (size: number | undefined): RawRecord => ({
    topic: "t",
    partition: 0,
    offset: 0n,
    key: undefined,
    value: undefined,
    leaderEpoch: 0,
    timestamp: 0,
    headers: new Map(
      size === undefined
        ? []
        : [
            [CLAIM_HEADER.key, Buffer.from("k")],
            [CLAIM_HEADER.size, Buffer.from(String(size))],
          ],
    ),
  });
  expect(portionsOf([record(undefined), record(undefined)], 10)).toHaveLength(1);
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat({ max: 30 }), { nil: undefined }), { minLength: 1 }), (sizes) => {
      const records = sizes.map(record);
      const portions = portionsOf(records, 20);
      expect(portions.flat()).toEqual(records);
      for (const portion of portions) {
        const total = portion.reduce(
          (sum, each) => sum + Number(each.headers.get(CLAIM_HEADER.size)?.toString() ?? 0),
          0,
        );
        expect(portion.length === 1 || total <= 20).toBe(true);
      }
    }),
  );
});
