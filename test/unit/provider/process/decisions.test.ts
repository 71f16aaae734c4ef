import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ProcessFacts, parseStat } from "../../../../components/machine/process-identity.ts";
import { assess } from "../../../../components/provider/process/condition.ts";
import { listeningInodes } from "../../../../components/provider/process/ports.ts";
import { parsePidFile, type RecordedIdentity, type RunRecord } from "../../../../components/provider/process/record.ts";
import { complaint } from "../../../../components/provider/process/resource.ts";
import { processSchema, specificationDigest } from "../../../../components/provider/process/specification.ts";

const record: RunRecord = {
  version: 1,
  name: "a",
  role: "service",
  phase: "ready",
  specification: "s",
  nonce: "n",
  bootId: "boot",
  startedAt: "2026-01-01T00:00:00.000Z",
  ports: [],
  stop: { signal: "SIGTERM", graceSeconds: 10 },
  log: { path: "/l", maxBytes: 1, offset: 0 },
};
const identity: RecordedIdentity = { pid: 7, startTime: "100" };
const facts: ProcessFacts = { pid: 7, startTime: "100", session: 7, zombie: false };

function statLine(pid: number, command: string, startTime: string, state = "S"): string {
  const between = Array.from({ length: 15 }, () => "0").join(" ");
  return `${pid} (${command}) ${state} 1 ${pid} ${pid} ${between} ${startTime} 1 2`;
}

describe("the condition of a process", () => {
  test.each([
    ["absent", undefined, undefined, undefined, "boot"],
    ["dead", record, undefined, undefined, "boot"],
    ["dead", record, identity, undefined, "boot"],
    ["dead", record, identity, { ...facts, zombie: true }, "boot"],
    ["foreign", record, identity, { ...facts, startTime: "101" }, "boot"],
    ["foreign", record, identity, facts, "another boot"],
    ["starting", { ...record, phase: "starting" }, identity, facts, "boot"],
    ["starting", { ...record, phase: "preparing" }, identity, facts, "boot"],
    ["running", record, identity, facts, "boot"],
  ] as const)("%s", (state, recorded, wrote, seen, boot) => {
    expect(assess(recorded, wrote, seen, boot)).toBe(state);
  });

  test("alive is only said of the very process that wrote its identity down", () => {
    fc.assert(
      fc.property(
        fc.record({
          pid: fc.integer({ min: 1, max: 9 }),
          start: fc.integer({ min: 1, max: 9 }),
          boot: fc.constantFrom("a", "b"),
          zombie: fc.boolean(),
        }),
        fc.record({
          pid: fc.integer({ min: 1, max: 9 }),
          start: fc.integer({ min: 1, max: 9 }),
          boot: fc.constantFrom("a", "b"),
        }),
        (seen, wrote) => {
          const state = assess(
            { ...record, bootId: wrote.boot },
            { pid: wrote.pid, startTime: String(wrote.start) },
            { pid: seen.pid, startTime: String(seen.start), session: 0, zombie: seen.zombie },
            seen.boot,
          );
          const same = seen.pid === wrote.pid && seen.start === wrote.start && seen.boot === wrote.boot && !seen.zombie;
          expect(state === "running").toBe(same);
        },
      ),
    );
  });

  test.each([
    [{ state: "running", record, identity, survivors: [] }, undefined],
    [{ state: "dead", record, identity, survivors: [] }, "it has died (pid 7)"],
    [{ state: "absent", survivors: [] }, "it was stopped (pid 7)"],
    [
      { state: "running", record: { ...record, specification: "t" }, identity, survivors: [] },
      "it runs with another specification than the one on record",
    ],
    [
      { state: "running", record, identity: { ...identity, pid: 8 }, survivors: [] },
      "it was restarted meanwhile (pid 8)",
    ],
  ] as const)("what is said about it: %#", (condition, text) => {
    expect(complaint(condition, { pid: 7, specification: "s" })).toBe(text);
  });
});

describe("what a process wrote about itself", () => {
  test("is read back whatever the name of the command", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4_194_304 }),
        fc.string({ maxLength: 15 }).map((text) => text.replaceAll("\n", " ")),
        fc.bigInt({ min: 1n, max: 2n ** 63n }),
        (pid, command, start) => {
          const line = statLine(pid, command, String(start));
          expect(parseStat(line)).toEqual({ pid, startTime: String(start), session: pid, zombie: false });
          expect(parsePidFile(`n ${line}\n`, "n")).toEqual({ pid, startTime: String(start) });
        },
      ),
    );
  });

  test("counts only whole lines of the wanted start", () => {
    const line = statLine(7, "sh", "100");
    expect(parsePidFile(`other ${line}\n`, "n")).toBeUndefined();
    for (let length = 0; length <= line.length + 2; length += 1)
      expect(parsePidFile(`n ${line}`.slice(0, length), "n")).toBeUndefined();
    expect(parsePidFile(`n ${line}\nother ${statLine(8, "sh", "200")}\n`, "n")).toEqual({ pid: 7, startTime: "100" });
  });

  test("is read where there is no /proc", () => {
    expect(parsePidFile("n ps 812 Mon Nov 23 09:08:07 2026    \n", "n")).toEqual({
      pid: 812,
      startTime: "Mon Nov 23 09:08:07 2026",
    });
  });
});

describe("the digest of a specification", () => {
  const base = {
    name: "a",
    role: "broker",
    command: ["/bin/true"],
    ports: [],
    readiness: { tcp: { host: "h", port: 1 }, timeoutSeconds: 1 },
    stateDir: "/s",
    env: { A: "1", B: "2" },
  };
  const digest = (change: object): string => specificationDigest(processSchema.parse({ ...base, ...change }));

  test("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Z]{1,5}$/), fc.string()), (env) => {
        expect(digest({ env })).toBe(digest({ env: Object.fromEntries(Object.entries(env).reverse()) }));
      }),
    );
  });

  test.each([
    ["zone", { zone: "z" }],
    ["role", { role: "service" }],
    ["readiness", { readiness: { command: ["/bin/true"], timeoutSeconds: 9 } }],
    ["stop", { stop: { signal: "SIGINT" } }],
    ["log", { log: { maxBytes: 5000 } }],
    ["prepare", { prepare: [{ command: ["/bin/true"], creates: "/x" }] }],
  ])("%s does not restart", (_, change) => {
    expect(digest(change)).toBe(digest({}));
  });

  test.each([
    ["command", { command: ["/bin/true", "x"] }],
    ["env", { env: { A: "1" } }],
    ["files", { files: [{ path: "/f", content: "" }] }],
    ["ports", { ports: [{ name: "x", host: "h", port: 1 }] }],
    ["restartToken", { restartToken: "1" }],
    ["unprivileged", { unprivileged: true }],
  ])("%s restarts", (_, change) => {
    expect(digest(change)).not.toBe(digest({}));
  });
});

describe("inputs that are refused, on their property", () => {
  const base = {
    name: "a",
    role: "broker",
    command: ["/bin/true"],
    ports: [],
    readiness: { tcp: { host: "h", port: 1 }, timeoutSeconds: 1 },
    stateDir: "/s",
  };
  test.each([
    ["name", { name: "../a" }],
    ["command", { command: ["java"] }],
    ["command", { command: [] }],
    ["env.A-B", { env: { "A-B": "1" } }],
    ["stateDir", { stateDir: "kit" }],
    ["readiness", { readiness: { timeoutSeconds: 1 } }],
    ["readiness", { readiness: { tcp: { host: "h", port: 1 }, log: { pattern: "x" }, timeoutSeconds: 1 } }],
    ["readiness.log.pattern", { readiness: { log: { pattern: "(" }, timeoutSeconds: 1 } }],
    ["ports.0.port", { ports: [{ name: "x", host: "h", port: 70000 }] }],
    ["files.0.mode", { files: [{ path: "/f", content: "", mode: "rw" }] }],
  ])("%s", (path, change) => {
    const result = processSchema.safeParse({ ...base, ...change });
    expect(result.error?.issues.map((issue) => issue.path.join("."))).toContain(path);
  });
});

test("listening sockets are told from others on the same port", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:42BD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1
   1: 0100007F:42BD 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1
   2: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1`;
  expect(listeningInodes(table, 0x42bd)).toEqual(["111"]);
  expect(listeningInodes(table, 22)).toEqual(["333"]);
});
