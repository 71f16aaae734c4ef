import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { DeclaredStatus, ObservedProcess } from "../../../cli/platform/platform-status.ts";
import { composeStatus, readDeclaredStatus } from "../../../cli/platform/platform-status.ts";

const declared: DeclaredStatus = {
  stack: "local",
  endpoints: {
    gateway: "http://127.0.0.1:17080",
    registry: "http://127.0.0.1:17081",
    redis: { host: "127.0.0.1", port: 17079 },
    postgres: { host: "127.0.0.1", port: 17032 },
    kafka: { bootstrap: ["127.0.0.1:17100"], admin: ["127.0.0.1:17200"] },
  },
  files: { ca: "/s/ca.pem", adminCert: "/s/admin.pem", adminKey: "/s/admin.key", credentials: "/s/credentials.json" },
};

function observed(name: string, role: string, state: ObservedProcess["state"]): ObservedProcess {
  const alive = state !== "dead";
  return {
    name,
    role,
    state,
    ports: [{ name: "client", host: "127.0.0.1", port: 17100 }],
    log: `/s/local/logs/${name}.log`,
    ...(role === "broker" ? { zone: "zone-a" } : {}),
    ...(alive ? { pid: 7, rssBytes: 1_000, startedAt: "2026-01-01T00:00:00.000Z" } : {}),
  };
}

describe("state of the platform", () => {
  const broker = (state: ObservedProcess["state"], id = 0): ObservedProcess =>
    observed(`kafka-broker-${id}`, "broker", state);

  it.each([
    ["absent", undefined, []],
    ["stopped", declared, []],
    ["stopped", undefined, [broker("dead")]],
    ["stopped", declared, [broker("dead"), broker("dead", 1)]],
    ["running", declared, [broker("running"), broker("running", 1)]],
    ["degraded", declared, [broker("running"), broker("dead", 1)]],
    ["degraded", declared, [broker("running"), broker("starting", 1)]],
    ["degraded", declared, [broker("starting")]],
    ["degraded", undefined, [broker("running")]],
  ] as const)("is %s", (state, status, processes) => {
    expect(composeStatus("local", status, processes).state).toBe(state);
  });
});

describe("the document", () => {
  it("has every field of the stable shape, null where nothing is known", () => {
    const document = composeStatus("local", declared, [
      observed("postgres", "database", "dead"),
      observed("kafka-broker-10", "broker", "running"),
      observed("kafka-broker-9", "broker", "running"),
    ]);
    expect(Object.keys(document)).toEqual(["stack", "state", "endpoints", "files", "processes", "rssBytes"]);
    expect(document.endpoints).toEqual(declared.endpoints);
    expect(document.files).toEqual(declared.files);
    expect(document.rssBytes).toBe(2_000);
    expect(document.processes.map((process) => process.name)).toEqual([
      "kafka-broker-9",
      "kafka-broker-10",
      "postgres",
    ]);
    expect(document.processes[0]).toEqual({
      name: "kafka-broker-9",
      role: "broker",
      zone: "zone-a",
      pid: 7,
      state: "running",
      rssBytes: 1_000,
      startedAt: "2026-01-01T00:00:00.000Z",
      ports: [{ name: "client", host: "127.0.0.1", port: 17100 }],
      log: "/s/local/logs/kafka-broker-9.log",
    });
    expect(document.processes[2]).toMatchObject({ pid: null, rssBytes: null, startedAt: null });
  });

  it("has null for endpoints and files while nothing is declared", () => {
    expect(composeStatus("local", undefined, [])).toEqual({
      stack: "local",
      state: "absent",
      endpoints: null,
      files: null,
      processes: [],
      rssBytes: 0,
    });
  });
});

describe("the program's status file", () => {
  async function stateWith(content: string | undefined): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "kit-status-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    if (content !== undefined) await writeFile(join(folder, "status.json"), content);
    return folder;
  }

  it("is read", async () => {
    expect(await readDeclaredStatus(await stateWith(JSON.stringify(declared)))).toEqual(declared);
  });

  it("may be absent", async () => {
    expect(await readDeclaredStatus(await stateWith(undefined))).toBeUndefined();
  });

  it.each(["", "{", "null", '{"stack":"local"}'])("is refused with its path when it holds %j", async (content) => {
    const folder = await stateWith(content);
    await expect(readDeclaredStatus(folder)).rejects.toMatchObject({
      code: "KIT_STATUS_UNREADABLE",
      message: expect.stringContaining(join(folder, "status.json")),
    });
  });
});
