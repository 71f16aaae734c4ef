import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { chooseLogs } from "../../../../cli/logs/choose-logs.ts";
import type { LogSource } from "../../../../cli/logs/log-files.ts";
import type { LogLine } from "../../../../cli/logs/log-lines.ts";
import { inOrder, lineMatcher, logDocument, parseLine, shownFields } from "../../../../cli/logs/log-lines.ts";
import { showLogs } from "../../../../cli/logs/show-logs.ts";
import { eventually } from "../../../platform/condition.ts";

const ORDER = "0198c1de-5d0a-7c39-a1d4-6a0c2f6f1f10";
const OTHER = "0198c1de-5d0a-7c39-a1d4-6a0c2f6f1f11";

function json(second: number, msg: string, fields: Readonly<Record<string, unknown>> = {}, level = "info"): string {
  return JSON.stringify({
    level,
    time: new Date(Date.UTC(2026, 0, 31, 8, 0, second)).toISOString(),
    service: "s",
    replica: "0",
    ...fields,
    msg,
  });
}

describe("a line of a log", () => {
  it.each([
    [json(1, "started", { http: 1 }), Date.UTC(2026, 0, 31, 8, 0, 1), "info", "started", { http: 1 }],
    [
      "[2026-01-31 08:00:01,250] WARN [Broker id=0] slow (kafka.server)",
      new Date(2026, 0, 31, 8, 0, 1, 250).getTime(),
      "warn",
      "WARN [Broker id=0] slow (kafka.server)",
      {},
    ],
    ["2026-01-31 08:00:01.250 UTC [7] LOG:  ready", Date.UTC(2026, 0, 31, 8, 0, 1, 250), "info", "[7] LOG:  ready", {}],
    ["\tat kafka.Kafka.main(Kafka.scala)", undefined, undefined, "\tat kafka.Kafka.main(Kafka.scala)", {}],
    ['{"broken', undefined, undefined, '{"broken', {}],
    ['{"no":"message"}', undefined, undefined, '{"no":"message"}', {}],
  ] as const)("%s", (text, at, level, message, fields) => {
    expect(parseLine("p", text)).toEqual({ process: "p", at, level, message, fields, text });
  });

  it("shows its fields in one line, an error by its message", () => {
    expect(shownFields({ orderId: ORDER, detail: 'two "words"', err: { message: "no\nroom", stack: "…" }, n: 3 })).toBe(
      `orderId=${ORDER} detail="two \\"words\\"" err="no\\nroom" n=3`,
    );
  });

  it("is a document of its own with --json", () => {
    expect(logDocument(parseLine("order-service", json(1, "order accepted", { orderId: ORDER })))).toEqual({
      time: "2026-01-31T08:00:01.000Z",
      process: "order-service",
      level: "info",
      message: "order accepted",
      fields: { orderId: ORDER },
    });
  });
});

describe("lines that are wanted", () => {
  const wanted = (filter: Parameters<typeof lineMatcher>[0], ...texts: readonly string[]): readonly boolean[] => {
    const matcher = lineMatcher(filter);
    return texts.map((text) => matcher.matches(parseLine("p", text)));
  };

  it("are those of a level and above; without a level a line counts as info", () => {
    const lines = [json(1, "a", {}, "debug"), json(1, "b"), "plain", json(1, "c", {}, "error")];
    expect(wanted({ level: "warn" }, ...lines)).toEqual([false, false, false, true]);
    expect(wanted({ level: "info" }, ...lines)).toEqual([false, true, true, true]);
  });

  it("name the id anywhere, or share a trace with one that does", () => {
    expect(
      wanted(
        { id: ORDER },
        json(1, "accepted", { orderId: ORDER, traceId: "t1" }),
        json(2, "request failed", { traceId: "t1" }),
        json(3, `there is no order ${ORDER}`),
        json(4, "accepted", { orderId: OTHER, traceId: "t2" }),
        json(5, "nothing", { traceId: "" }),
      ),
    ).toEqual([true, true, true, false, false]);
  });

  it("of several processes come by time, those of one process in their order", () => {
    const line = (process: string, second: number, message: string): LogLine => ({
      ...parseLine(process, json(second, message)),
    });
    expect(
      inOrder([line("a", 1, "1"), line("a", 3, "3"), line("a", 3, "4"), line("b", 2, "2")]).map(
        ({ message }) => message,
      ),
    ).toEqual(["1", "2", "3", "4"]);
  });
});

describe("processes whose logs are read", () => {
  const processes = ["order-service", "order-service-1", "order-service-two", "kafka-broker-0"].map((name) => ({
    name,
    role: name.startsWith("kafka") ? "broker" : "service",
    log: `/logs/${name}.log`,
  }));
  const chosen = (...names: readonly string[]): readonly string[] =>
    chooseLogs(processes, names).map(({ process }) => process);

  it("are all services without a name, and all processes of a service with its name", () => {
    expect(chosen()).toEqual(["order-service", "order-service-1", "order-service-two"]);
    expect(chosen("order-service")).toEqual(["order-service", "order-service-1"]);
    expect(chosen("order-service-1", "kafka-broker-0")).toEqual(["order-service-1", "kafka-broker-0"]);
  });

  it("must be there; the error names those that are", () => {
    expect(() => chosen("order-servic")).toThrow(/"order-servic".*kafka-broker-0, order-service/u);
    expect(() => chosen("order.service")).toThrow(/No process is called/u);
  });
});

describe("logs read as one", () => {
  async function files(contents: Readonly<Record<string, readonly string[]>>): Promise<readonly LogSource[]> {
    const folder = await mkdtemp(join(tmpdir(), "kit-logs-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const [name, lines] of Object.entries(contents))
      await writeFile(join(folder, `${name}`), lines.map((line) => `${line}\n`).join(""));
    return [...new Set(Object.keys(contents).map((name) => name.split(".log")[0] ?? ""))].map((process) => ({
      process,
      path: join(folder, `${process}.log`),
    }));
  }
  async function shown(
    sources: readonly LogSource[],
    options: Parameters<typeof showLogs>[1] = {},
  ): Promise<readonly string[]> {
    const messages: string[] = [];
    await showLogs(sources, options, (lines) => messages.push(...lines.map(({ message }) => message)));
    return messages;
  }

  it("have what was cut off before what is there now, and the latest lines where only some are wanted", async () => {
    const sources = await files({
      "a.log.1": [json(1, "1")],
      "a.log": [json(4, "4"), "  trace of 4", json(6, "6")],
      "b.log": [json(2, "2"), json(5, "5")],
    });
    expect(await shown(sources)).toEqual(["1", "2", "4", "  trace of 4", "5", "6"]);
    expect(await shown(sources, { lines: 2 })).toEqual(["5", "6"]);
    expect(await shown([...sources, { process: "c", path: "/nowhere/c.log" }], { lines: 1 })).toEqual(["6"]);
  });

  it("find lines of an order whose trace is named only at the end of another log", async () => {
    const sources = await files({
      "gateway.log": [json(1, "request failed", { traceId: "t1" }), json(1, "other", { traceId: "t9" })],
      "order.log": [json(3, "accepted", { orderId: ORDER, traceId: "t1" })],
    });
    expect(await shown(sources, { id: ORDER })).toEqual(["request failed", "accepted"]);
    expect(await shown(sources, { id: OTHER })).toEqual([]);
  });

  it("go on with what is added, also to a log that was cut, and with half a line once it is whole", async () => {
    const sources = await files({ "a.log": [json(1, "1")], "b.log": [] });
    const [a = "", b = ""] = sources.map(({ path }) => path);
    const messages: string[] = [];
    const stopping = new AbortController();
    const done = showLogs(sources, { follow: stopping.signal, everyMs: 5 }, (lines) =>
      messages.push(...lines.map(({ message }) => message)),
    );
    const have = (count: number): Promise<unknown> =>
      eventually(`${count} lines`, () => (messages.length === count ? true : undefined), 10_000);
    await have(1);
    await appendFile(b, json(2, "2").slice(0, 20));
    await appendFile(a, `${json(3, "3")}\n`);
    await have(2);
    await appendFile(b, `${json(2, "2").slice(20)}\n`);
    await have(3);
    await truncate(a, 0);
    await appendFile(a, `${json(4, "4")}\n`);
    await have(4);
    stopping.abort();
    expect(await done).toBe(4);
    expect(messages).toEqual(["1", "3", "2", "4"]);
  });
});
