import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ProviderErrorCode, providerError, providerErrorCodes } from "../../../components/provider/errors.ts";
import {
  loweredPartitions,
  topicLedgerKind,
  unpermittedRemovals,
} from "../../../components/provider/ledgers/topic-ledger.ts";
import { makePassword } from "../../../components/provider/password.ts";
import { inputChanges } from "../../../components/provider/property-diff.ts";
import { provider } from "../../../components/provider/provider.ts";
import {
  canonicalText,
  hasUnknown,
  isSecret,
  reveal,
  secret,
  unknownMarker,
  type Value,
  type Values,
} from "../../../components/provider/values.ts";

const urn = (kind: string): string => `urn:pulumi:dev::shop::kit:x:Parent$kit:index:${kind}::name`;
const note = (): void => undefined;
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z-]{1,6}$/), tie("value"), { maxKeys: 3 }),
  ),
})).value;
const values = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), value, { maxKeys: 4 });

describe("the provider", () => {
  test("names the types it has when it is asked for another", async () => {
    await expect(provider.check(urn("Nothing"), undefined, {}, note)).rejects.toThrow(
      /kit:index:Nothing[^]*kit:index:Process/,
    );
  });

  test("gives secrets back as secrets, and makes its own", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kit-provider-"));
    try {
      const path = join(folder, "deep", "secret");
      const created = await provider.create(urn("File"), { path, content: secret("hidden") }, note);
      expect(isSecret(created.properties.content)).toBe(true);
      expect(JSON.stringify((await provider.create(urn("Password"), {}, note)).properties.value)).toContain(
        "1b47061264138c4ac30d75fd1eb44270",
      );
      await writeFile(path, "changed by hand");
      const read = await provider.read(urn("File"), path, created.properties, created.properties, note);
      // What somebody wrote over a secret may be one, too.
      expect(read && isSecret(read.content)).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("touches nothing in a preview: what create would compute is not known", async () => {
    const { properties } = await provider.create(urn("Password"), { length: 20 }, note, true);
    expect(properties.length).toBe(20);
    expect(isSecret(properties.value) && hasUnknown(properties.value)).toBe(true);
    const preview = await provider.create(urn("File"), { path: "/nonexistent/kit", content: "" }, note, true);
    expect(preview.properties).toEqual({ path: "/nonexistent/kit", content: "" });
  });

  test("leaves out of the check what a preview does not know", async () => {
    expect(await provider.check(urn("File"), undefined, { path: unknownMarker, content: unknownMarker }, note)).toEqual(
      [],
    );
    expect(await provider.check(urn("Password"), undefined, { length: unknownMarker }, note)).toEqual([]);
    expect(await provider.check(urn("Password"), undefined, { length: 3 }, note)).toMatchObject([
      { property: "length" },
    ]);
  });
});

describe("a file", () => {
  test("is private unless asked otherwise, mended when its mode or content changed, gone with its resource", async () => {
    const folder = await mkdtemp(join(tmpdir(), "kit-file-"));
    try {
      const inputs = { path: join(folder, "a"), content: "text" };
      const changes = async (): Promise<unknown[]> =>
        (await provider.diff(urn("File"), inputs.path, inputs, inputs, inputs, note)).changes.map(({ path }) => path);
      await provider.create(urn("File"), inputs, note);
      expect((await stat(inputs.path)).mode & 0o777).toBe(0o600);
      expect(await changes()).toEqual([]);
      await chmod(inputs.path, 0o644);
      expect(await changes()).toEqual(["mode"]);
      await rm(inputs.path);
      expect(await changes()).toEqual(["content"]);
      expect(await provider.read(urn("File"), inputs.path, inputs, inputs, note)).toBeUndefined();
      await provider.update(urn("File"), inputs.path, inputs, inputs, { ...inputs, mode: "0640" }, note);
      expect((await stat(inputs.path)).mode & 0o777).toBe(0o640);
      expect(await readFile(inputs.path, "utf8")).toBe("text");
      await provider.delete(urn("File"), inputs.path, inputs, inputs, note);
      await provider.delete(urn("File"), inputs.path, inputs, inputs, note);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("an unwritable place is named", async () => {
    await expect(provider.create(urn("File"), { path: "/etc/passwd/kit/x", content: "" }, note)).rejects.toMatchObject({
      code: "file-unwritable",
      problem: expect.stringContaining("/etc/passwd/kit/x"),
    });
  });
});

test("a password has the asked length, a safe alphabet, and all of its randomness", () => {
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 256 }), (length) => {
      expect(makePassword(length)).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`));
    }),
  );
  expect(new Set(Array.from({ length: 200 }, () => makePassword(16))).size).toBe(200);
});

describe("the ledger", () => {
  test("refuses lowered partitions and nothing else", () => {
    const topics = fc.dictionary(
      fc.stringMatching(/^[a-z]$/),
      fc.record({ partitions: fc.integer({ min: 1, max: 5 }) }),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(topics, topics, (before, after) => {
        const lowered = Object.keys(after)
          .filter((name) => (before[name]?.partitions ?? 0) > (after[name]?.partitions ?? 0))
          .sort();
        expect(loweredPartitions(before, after).map(({ property }) => property)).toEqual(
          lowered.map((name) => `topics["${name}"].partitions`),
        );
      }),
    );
  });

  test("says before, now, what it would do, and the fix", () => {
    const [failure] = loweredPartitions({ "order-events": { partitions: 30 } }, { "order-events": { partitions: 12 } });
    expect(failure?.reason).toMatch(/30 partitions.*lowered to 12.*deleted.*To fix it.*30/);
  });

  test.each([
    [
      "where it went down",
      { partitionFactor: 1 },
      { partitionFactor: 0.4 },
      /To fix it: set topics\.partitionFactor in the stack's file back to 1, it is 0\.4 now/,
    ],
    [
      "not where it is as it was",
      { partitionFactor: 0.4 },
      { partitionFactor: 0.4 },
      /To fix it: set partitions of order-events back to 30/,
    ],
    [
      "not where nobody remembers it",
      {},
      { partitionFactor: 0.4 },
      /To fix it: set partitions of order-events back to 30/,
    ],
  ])("names the stack's factor %s", async (_what, was, is, fix) => {
    const topics = (partitions: number) => ({ topics: { "order-events": { partitions } } });
    const [failure] = await topicLedgerKind.check({
      olds: { ...topics(30), ...was },
      news: { ...topics(12), ...is },
    } as never);
    expect(failure?.reason).toMatch(fix);
  });

  test("a factor that changes no count changes nothing", async () => {
    const topics = { "order-events": { partitions: 1 } };
    expect(
      await topicLedgerKind.diff({
        olds: { topics, partitionFactor: 1 },
        news: { topics, partitionFactor: 0.4 },
      } as never),
    ).toEqual({ changes: [] });
  });
});

describe("removing topics", () => {
  const before = {
    "order-events": { partitions: 30, declared: true },
    "old-events": { partitions: 3, declared: true },
    "ant.dlt": { partitions: 3, declared: false },
    "from-before": { partitions: 3 },
  };

  test("takes a permission for what is declared, and none for what is derived", () => {
    expect(unpermittedRemovals(before, {}, ["old-events"]).map(({ property }) => property)).toEqual([
      'topics["order-events"]',
    ]);
    expect(unpermittedRemovals(before, before, [])).toEqual([]);
    expect(unpermittedRemovals(before, {}, []).at(-1)?.reason).toMatch(
      /order-events.*deleted with all its records.*Nothing was touched.*removals/,
    );
  });

  test("is judged where permissions are given, and there only", async () => {
    const check = (news: Values) => topicLedgerKind.check({ news, olds: { topics: before } } as never);
    expect(await check({ topics: {}, removals: [] })).toHaveLength(2);
    expect(await check({ topics: {} })).toEqual([]);
  });
});

describe("values", () => {
  test("are the same after a mark of secrecy, at any depth", () => {
    fc.assert(
      fc.property(value, (plain) => {
        expect(reveal(secret(plain))).toEqual(plain);
        expect(reveal([secret(plain), { a: secret(plain) }])).toEqual([plain, { a: plain }]);
        expect(hasUnknown(plain)).toBe(false);
        expect(hasUnknown([plain, { a: [unknownMarker] }])).toBe(true);
      }),
    );
  });

  test("have one text, whatever the order of their keys", () => {
    fc.assert(
      fc.property(values, (plain) => {
        expect(canonicalText(Object.fromEntries(Object.entries(plain).reverse()))).toBe(canonicalText(plain));
      }),
    );
  });

  test("differ where they differ, and only there", () => {
    fc.assert(
      fc.property(values, (plain) => {
        expect(inputChanges(plain, structuredClone(plain))).toEqual([]);
      }),
    );
    const before: Values = { env: { A: "1", "B-C": "2" }, files: [{ path: "/a" }], gone: true, name: "x" };
    const after: Values = { env: { A: "1", "B-C": "3" }, files: [{ path: "/a" }, { path: "/b" }], name: "y", fresh: 1 };
    expect(inputChanges(before, after, { replacing: ["name"] })).toEqual([
      { path: "env.B-C", change: "update", side: "input" },
      { path: "files[1]", change: "add", side: "input" },
      { path: "fresh", change: "add", side: "input" },
      { path: "gone", change: "delete", side: "input" },
      { path: "name", change: "update", side: "input", replaces: true },
    ]);
  });
});

test("every error has a fix, its code at the end, and a place for all its values", () => {
  const make = providerError as (code: ProviderErrorCode, values: Record<string, string>) => Error & { fix: string };
  for (const code of providerErrorCodes) {
    const error = make(code, new Proxy({}, { get: (_, name) => `<${String(name)}>` }));
    expect(error.message.endsWith(`[${code}]`), code).toBe(true);
    expect(error.fix.length, code).toBeGreaterThan(5);
    expect(error.message, code).not.toMatch(/[{}]|unknown$/);
  }
});
