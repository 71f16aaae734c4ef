import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clearStaleLocks, isStale, parseLock } from "../../../../cli/pulumi/lock.ts";

const lock = { pid: 100, username: "ada", hostname: "here", timestamp: new Date("2026-01-01T12:00:00Z") };

describe("staleness of a lock", () => {
  it.each([
    ["its process is gone", { hostname: "here" }, true],
    ["its process started before it", { hostname: "here", holderStartedAt: new Date("2026-01-01T11:59:00Z") }, false],
    ["its process id was used again", { hostname: "here", holderStartedAt: new Date("2026-01-01T12:05:00Z") }, true],
    [
      "the start is within the clock's grain",
      { hostname: "here", holderStartedAt: new Date("2026-01-01T12:00:01Z") },
      false,
    ],
    ["it is another machine's, whatever runs here", { hostname: "there" }, false],
  ])("%s", (_what, facts, stale) => {
    expect(isStale(lock, facts)).toBe(stale);
  });

  it.each(["", "{", "null", "[]", '{"pid":"1"}'])("is no lock: %j", (content) => {
    expect(parseLock(content)).toBeUndefined();
  });
});

describe("clearing locks", () => {
  let folder: string;
  let locks: string;
  const write = (name: string, pid: number, timestamp: string): Promise<void> =>
    writeFile(join(locks, name), JSON.stringify({ pid, username: "ada", hostname: hostname(), timestamp }));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kit-lock-"));
    locks = join(folder, ".pulumi", "locks", "organization", "event-platform", "local");
    await mkdir(locks, { recursive: true });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("removes those of the dead and of torn files, and names the one that is held", async () => {
    await write("a.json", 2 ** 30, "2026-01-01T12:00:00Z");
    await write("b.json", process.pid, new Date().toISOString());
    await write("c.json", process.pid, "2020-01-01T00:00:00Z");
    await writeFile(join(locks, "d.json"), "{");
    const { held, removed } = await clearStaleLocks(folder, "event-platform", "local");
    expect(held?.pid).toBe(process.pid);
    expect(removed).toBe(3);
    expect(await readdir(locks)).toEqual(["b.json"]);
  });

  it("finds nothing where there never was a lock", async () => {
    expect(await clearStaleLocks(join(folder, "nowhere"), "event-platform", "local")).toEqual({ removed: 0 });
  });
});
