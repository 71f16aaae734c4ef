/** Claim checks on a real server with the S3 API, over TLS. */
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { claimChecks } from "@event-platform-kit/service/claim-check";
import { removeExpiredClaims } from "@event-platform-kit/service/claim-check/cleanup";
import { newClaimKey } from "@event-platform-kit/service/claim-check/reference";
import type { S3StoreConfig } from "@event-platform-kit/service/config";
import { messageOf, ServiceError } from "@event-platform-kit/service/errors";
import type { NewEvent } from "@event-platform-kit/service/events/envelope";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { s3Store } from "../../service-templates/lib/claim-check/s3-store.ts";
import type { ClaimCheckStore } from "../../service-templates/lib/claim-check/store.ts";
import { type S3Server, startS3Server, whyNoS3Server } from "./servers/s3-server.ts";

const reason = await whyNoS3Server();
const MIB = 2 ** 20;
const DAY = 86_400_000;

describe.skipIf(reason !== undefined)(
  `claim checks in a bucket${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    let server: S3Server;
    const stores: ClaimCheckStore[] = [];
    const opened = (over: Partial<S3StoreConfig> = {}): ClaimCheckStore => {
      const store = s3Store({ ...server.config, ...over });
      stores.push(store);
      return store;
    };
    const libraryOn = (store: ClaimCheckStore) =>
      claimChecks({
        contract: {
          service: "order-service",
          claimChecks: {
            stores: [],
            fetches: [{ topic: "order-events", producers: ["order-service"], atMost: 5 * MIB }],
          },
        },
        codec: {
          published: () => ({
            event: "order.created",
            topic: "order-events",
            subject: "s",
            record: "r",
            schema: "s",
            claimCheck: { above: 1_024, atMost: 5 * MIB, field: "data" },
          }),
          body: () => Buffer.alloc(0),
        },
        store,
        clock: Date.now,
        onRequest: () => undefined,
      });
    const eventWith = (data: Buffer): NewEvent => ({ type: "order.created", key: "1", payload: { data } });
    const received = (event: NewEvent) => ({
      type: event.type,
      payload: event.payload,
      ...(event.claim === undefined ? {} : { claim: event.claim }),
      source: { topic: "order-events", partition: 0, offset: 0n },
    });
    const codeOf = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => "no error",
        (error: unknown) => (error instanceof ServiceError ? error.code : messageOf(error)),
      );

    beforeAll(async () => {
      server = await startS3Server();
    });
    afterAll(async () => {
      for (const store of stores) store.close();
      await server?.stop();
    });

    it("keep content of 5 MiB byte for byte", async () => {
      const content = randomBytes(5 * MIB);
      const claims = libraryOn(opened());
      const stored = await claims.store(eventWith(content));
      expect(stored.payload).toEqual({ data: null });
      expect(
        createHash("sha256")
          .update(await readFile(server.fileOf(stored.claim?.key ?? "")))
          .digest("hex"),
      ).toBe(stored.claim?.sha256);
      expect((await claims.read(received(stored), "data"))?.equals(content)).toBe(true);
    });

    it("tell an altered, a longer and a missing object from a store that lets nobody in", async () => {
      const store = opened();
      const claims = libraryOn(store);
      const stored = await claims.store(eventWith(randomBytes(4_096)));
      const key = stored.claim?.key ?? "";
      await store.put(key, randomBytes(4_096));
      expect(await codeOf(claims.read(received(stored), "data"))).toBe("SVC_CLAIM_ALTERED");
      await store.put(key, randomBytes(3 * MIB));
      expect(await codeOf(claims.read(received(stored), "data"))).toBe("SVC_CLAIM_ALTERED");
      await store.remove([key, key]);
      expect(await codeOf(claims.read(received(stored), "data"))).toBe("SVC_CLAIM_MISSING");
      for (const over of [{ secretAccessKey: "wrong" }, { accessKeyId: "nobody" }, { bucket: "no-such-bucket" }]) {
        expect(await codeOf(libraryOn(opened(over)).read(received(stored), "data")), JSON.stringify(over)).toBe(
          "SVC_CLAIM_STORE_UNAVAILABLE",
        );
        expect(await codeOf(libraryOn(opened(over)).store(eventWith(randomBytes(4_096)))), JSON.stringify(over)).toBe(
          "SVC_CLAIM_STORE_UNAVAILABLE",
        );
      }
    });

    it("trust the named authority alone", async () => {
      const { ca: _ca, ...config } = server.config;
      const store = s3Store(config);
      stores.push(store);
      expect(await codeOf(libraryOn(store).store(eventWith(randomBytes(4_096))))).toBe("SVC_CLAIM_STORE_UNAVAILABLE");
    });

    it("are waited for while the server is away, and the same client goes on when it is back", async () => {
      const claims = libraryOn(opened());
      const stored = await claims.store(eventWith(randomBytes(4_096)));
      await server.goAway();
      expect(await codeOf(claims.read(received(stored), "data"))).toBe("SVC_CLAIM_STORE_UNAVAILABLE");
      expect(await codeOf(claims.store(eventWith(randomBytes(4_096))))).toBe("SVC_CLAIM_STORE_UNAVAILABLE");
      await server.comeBack();
      expect(await claims.read(received(stored), "data")).toHaveLength(4_096);
    });

    it("are removed when their time is over, over more than a page of the listing", async () => {
      const store = s3Store(server.config, 10);
      stores.push(store);
      const now = Date.now();
      const keys = (daysAgo: number, count: number) =>
        Array.from({ length: count }, () => newClaimKey("expired-events", "order-service", () => now - daysAgo * DAY));
      const [old, young] = [keys(30, 25), keys(1, 3)];
      await Promise.all([...old, ...young].map((key) => store.put(key, Buffer.from("x"))));
      const database = {
        query: async ({ text }: { text: string }) =>
          (text.includes("clock_timestamp") ? [{ now: String(now) }] : []) as never,
      };
      const contract = {
        service: "order-service",
        claimChecks: { stores: [{ topic: "expired-events", keepMs: 7 * DAY }], fetches: [] },
      };
      expect(await removeExpiredClaims({ contract, store, database })).toBe(25);
      const left: string[] = [];
      for await (const page of store.list("expired-events/order-service/")) left.push(...page);
      expect(left).toEqual(young.sort());
    });
  },
);
