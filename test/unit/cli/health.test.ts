import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CommandContext } from "../../../cli/context.ts";
import { firingAlerts, groupHealth, readinessOf } from "../../../cli/health/platform-health.ts";
import { readHealth } from "../../../cli/health/read-health.ts";
import { parseSamples } from "../../../cli/health/service-metrics.ts";
import type { DeclaredStatus } from "../../../cli/platform/platform-status.ts";
import { composeStatus } from "../../../cli/platform/platform-status.ts";
import type { ServiceContract } from "../../../cli/verify/evidence.ts";
import { groupLags } from "../../../cli/verify/groups.ts";

function contract(group: string, topics: readonly string[], retries: readonly string[] = []): ServiceContract {
  return {
    service: group,
    group,
    deadLetterTopic: `${group}.dlt`,
    consumes: topics.map((topic) => ({ topic, events: [] })),
    retryTopics: retries.map((topic) => ({ topic, delayMs: 1 })),
    publishes: [],
  };
}

describe("the lag of a group", () => {
  const ranges = [
    { topic: "t", partition: 0, start: 10, end: 30 },
    { topic: "t", partition: 1, start: 0, end: 5 },
    { topic: "g.r", partition: 0, start: 0, end: 2 },
    { topic: "foreign", partition: 0, start: 0, end: 99 },
  ];

  it("counts what is there and not committed, retries included, and nothing that was deleted before it was read", () => {
    const positions = [
      { topic: "t", partition: 0, committed: 4 },
      { topic: "t", partition: 1, committed: 5 },
      { topic: "g.r", partition: 0, committed: undefined },
    ];
    expect(groupLags([contract("g", ["t"], ["g.r"])], [{ group: "g", members: 2, positions }], ranges)).toEqual([
      {
        group: "g",
        members: 2,
        topics: [
          { topic: "g.r", lag: 2 },
          { topic: "t", lag: 20 },
        ],
      },
    ]);
  });

  it("is everything for a group that never joined, and never negative", () => {
    expect(groupLags([contract("g", ["t"])], [], ranges)).toEqual([
      { group: "g", members: 0, topics: [{ topic: "t", lag: 25 }] },
    ]);
    const ahead = [{ topic: "t", partition: 0, committed: 40 }];
    expect(
      groupLags([contract("g", ["t"])], [{ group: "g", members: 1, positions: ahead }], ranges.slice(0, 1)),
    ).toMatchObject([{ topics: [{ lag: 0 }] }]);
  });

  it("in time is the greatest of the group's processes, and not known where none of them answers", () => {
    const samples = parseSamples(
      [
        'consumer_time_lag_seconds{topic="t",service="g",replica="0"} 2.5',
        'consumer_time_lag_seconds{topic="t",service="g",replica="1"} 40',
        'consumer_time_lag_seconds{topic="t",service="other",replica="0"} 900',
      ].join("\n"),
    );
    const lags = [
      {
        group: "g",
        members: 2,
        topics: [
          { topic: "t", lag: 3 },
          { topic: "u", lag: 4 },
        ],
      },
      { group: "h", members: 0, topics: [{ topic: "t", lag: 0 }] },
    ];
    expect(groupHealth(lags, samples)).toEqual([
      {
        group: "g",
        members: 2,
        lag: 7,
        timeLagSeconds: 40,
        topics: [
          { topic: "t", lag: 3, timeLagSeconds: 40 },
          { topic: "u", lag: 4, timeLagSeconds: null },
        ],
      },
      { group: "h", members: 0, lag: 0, timeLagSeconds: null, topics: [{ topic: "t", lag: 0, timeLagSeconds: null }] },
    ]);
  });
});

describe("readiness", () => {
  it.each([
    [
      { status: "ready", checks: { database: "good" } },
      { ready: true, reasons: [] },
    ],
    [
      { status: "not ready", checks: { database: "good", consumer: "not a member of its group" } },
      { ready: false, reasons: ["consumer: not a member of its group"] },
    ],
    [{ status: 7 }, { ready: false, reasons: ["its answer is not understood"] }],
    [null, { ready: false, reasons: ["its answer is not understood"] }],
  ])("of %j", (body, expected) => {
    expect(readinessOf(body)).toEqual(expected);
  });
});

describe("alerts", () => {
  const alert = (state: string, alertname: string, severity: string) => ({
    state,
    activeAt: "2026-01-31T08:00:00Z",
    labels: { alertname, severity, owner: "checkout" },
    annotations: { summary: `${alertname} happens`, runbook_url: `/runbooks/${alertname}.md` },
  });

  it("are those that fire, pages first, without the one that always does", () => {
    const alerts = [
      alert("firing", "Slow", "ticket"),
      alert("pending", "Soon", "page"),
      alert("firing", "Watchdog", "none"),
      alert("firing", "Down", "page"),
    ];
    expect(firingAlerts({ status: "success", data: { alerts } })).toEqual([
      {
        name: "Down",
        severity: "page",
        owner: "checkout",
        summary: "Down happens",
        runbook: "/runbooks/Down.md",
        since: "2026-01-31T08:00:00Z",
      },
      expect.objectContaining({ name: "Slow" }),
    ]);
  });

  it("of an answer that is none are an error, not none", () => {
    expect(() => firingAlerts({ status: "error" })).toThrow(/data/);
  });
});

describe("a platform whose servers do not answer", () => {
  const declared: DeclaredStatus = {
    stack: "local",
    endpoints: {
      gateway: "http://127.0.0.1:1",
      prometheus: "http://127.0.0.1:1",
      registry: "http://127.0.0.1:1",
      redis: { host: "127.0.0.1", port: 1 },
      postgres: { host: "127.0.0.1", port: 1 },
      kafka: { bootstrap: ["127.0.0.1:1"], admin: ["127.0.0.1:1"] },
    },
    files: { ca: "/nowhere", adminCert: "/nowhere", adminKey: "/nowhere", credentials: "/nowhere" },
  };
  // Only these are read.
  const context = { stateDir: "/nowhere" } as CommandContext;

  it("is told of all the same: what answers, and what does not", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(503).end(JSON.stringify({ status: "not ready", checks: { database: "gone" } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
    });
    const process = (name: string, port: number) =>
      ({
        name,
        role: "service",
        state: "running",
        ports: [{ name: "management", host: "127.0.0.1", port }],
        log: "/l",
      }) as const;
    const status = composeStatus("local", declared, [
      process("a", (server.address() as AddressInfo).port),
      process("b", 1),
    ]);
    expect(await readHealth(context, status)).toMatchObject({
      readiness: {
        a: { ready: false, reasons: ["database: gone"] },
        b: { ready: false, reasons: ["it does not answer"] },
      },
      groups: null,
      stuck: null,
      alerts: null,
      unknown: [expect.stringContaining("servers: "), expect.stringContaining("alerts: Prometheus does not answer")],
    });
  });

  it("is not asked while nothing of it runs", async () => {
    expect(await readHealth(context, composeStatus("local", declared, []))).toBeUndefined();
  });
});
