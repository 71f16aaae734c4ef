import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeChanges } from "../../../../cli/new-service/file-writing.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "event-platform-writing-"));
  mkdirSync(join(dir, "topics"));
  writeFileSync(join(dir, "topics/order.yaml"), "old\n", { mode: 0o640 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const files = (): string[] => readdirSync(dir, { recursive: true }).map(String).sort();
const order = { path: "topics/order.yaml", before: "old\n", after: "new\n" };

it("writes everything, with the files' modes", () => {
  writeChanges(dir, { created: [{ path: "a/b/run.sh", content: "x", mode: 0o755 }], changed: [order] });
  expect(files()).toEqual(["a", "a/b", "a/b/run.sh", "topics", "topics/order.yaml"]);
  expect(readFileSync(join(dir, order.path), "utf8")).toBe("new\n");
  expect(statSync(join(dir, order.path)).mode & 0o777).toBe(0o640);
  expect(statSync(join(dir, "a/b/run.sh")).mode & 0o111).not.toBe(0);
});

it("writes nothing when a new file is there already", () => {
  expect(() =>
    writeChanges(dir, {
      created: [
        { path: "a/first", content: "x", mode: 0o644 },
        { path: "topics/order.yaml", content: "x", mode: 0o644 },
      ],
      changed: [],
    }),
  ).toThrow(/order\.yaml is there already/);
  expect(files()).toEqual(["topics", "topics/order.yaml"]);
});

it("writes nothing when a file was changed since it was read", () => {
  expect(() =>
    writeChanges(dir, {
      created: [{ path: "a/first", content: "x", mode: 0o644 }],
      changed: [{ ...order, before: "older\n" }],
    }),
  ).toThrow(/changed by someone else/);
  expect(files()).toEqual(["topics", "topics/order.yaml"]);
});

it("takes back what it wrote when a later step fails", () => {
  writeFileSync(join(dir, "in-the-way"), "");
  const created = [
    { path: "a/b/first", content: "x", mode: 0o644 },
    { path: "in-the-way/second", content: "x", mode: 0o644 },
  ];
  expect(() => writeChanges(dir, { created, changed: [order] })).toThrow(/were not written.*second/);
  expect(existsSync(join(dir, "a"))).toBe(false);
  expect(files()).toEqual(["in-the-way", "topics", "topics/order.yaml"]);
  expect(readFileSync(join(dir, order.path), "utf8")).toBe("old\n");
});
