import type { Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { readCluster } from "../../../../cli/live/cluster-reader.ts";
import {
  API,
  broker,
  configs,
  EMPTY_CLUSTER,
  framed,
  metadata,
  nothing,
  onRequest,
  result,
  startServer,
} from "./stub-broker.ts";

const LIMITS = { connectMs: 2_000, requestMs: 300 };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function server(behave: (socket: Socket) => void): Promise<string> {
  const { address, close } = await startServer(behave);
  closing.push(close);
  return address;
}

describe("a cluster is read", () => {
  it("with its topics, whatever error an election leaves behind, and those that are gone meanwhile", async () => {
    const address = await server(
      broker({
        ...EMPTY_CLUSTER,
        [API.metadata]: () =>
          metadata([
            {
              name: "b",
              partitions: [
                [1, 2, 3],
                [1, 2],
              ],
              code: 5,
            },
            { name: "gone", partitions: [[1]] },
            { name: "__consumer_offsets", internal: true, partitions: [[1]] },
          ]),
        [API.configs]: () =>
          configs(
            [
              { topic: "b", code: 0 },
              { topic: "gone", code: 3 },
            ],
            [
              ["retention.ms", "1000", 1],
              ["compression.type", "producer", 5],
              ["segment.ms", null, 4],
              ["flush.ms", "1", 5],
            ],
          ),
      }),
    );
    const { live, requests } = await readCluster(
      { brokers: [address] },
      new Set(["compression.type", "segment.ms"]),
      LIMITS,
    );
    expect(requests).toBe(5);
    expect(live.topics).toEqual([
      {
        name: "b",
        partitions: 2,
        replicas: { least: 2, most: 3 },
        config: { "retention.ms": "1000" },
        inherited: {
          "compression.type": { value: "producer", source: "default" },
          "segment.ms": { value: "", source: "broker" },
        },
      },
      { name: "gone", partitions: 1, replicas: { least: 1, most: 1 }, config: {}, inherited: {} },
    ]);
  });

  it("with rules in the plan's words, quotas, and users, also those that were removed meanwhile", async () => {
    const acls = [
      [2, 3, 8, 3],
      [5, 4, 10, 2],
      [99, 99, 99, 99],
    ] as const;
    const users = [
      ["a", 0],
      ["removed", 91],
    ] as const;
    const address = await server(
      broker({
        ...EMPTY_CLUSTER,
        [API.acls]: () =>
          result(0, null)
            .appendArray([...acls], (w, [type, pattern, operation, permission]) =>
              w
                .appendInt8(type)
                .appendString("name")
                .appendInt8(pattern)
                .appendArray(["User:a"], (inner, principal) =>
                  inner.appendString(principal).appendString("*").appendInt8(operation).appendInt8(permission),
                ),
            )
            .appendTaggedFields(),
        [API.quotas]: () =>
          result(0, null)
            .appendArray(["a", null], (w, name) =>
              w
                .appendArray([name], (inner, entity) => inner.appendString("user").appendString(entity))
                .appendArray([1024.5], (inner, value) => inner.appendString("producer_byte_rate").appendFloat64(value)),
            )
            .appendTaggedFields(),
        [API.users]: () =>
          result(0, null)
            .appendArray([...users], (w, [name, code]) =>
              w
                .appendString(name)
                .appendInt16(code)
                .appendString(null)
                .appendArray(code === 0 ? [1, 2] : [], (inner, kind) => inner.appendInt8(kind).appendInt32(4_096)),
            )
            .appendTaggedFields(),
      }),
    );
    const { live } = await readCluster({ brokers: [address] }, new Set(), LIMITS);
    const rule = { principal: "User:a", host: "*", resourceName: "name" };
    expect(live).toEqual({
      topics: [],
      acls: [
        { ...rule, resourceType: "Topic", pattern: "Literal", operation: "Describe", permission: "Allow" },
        {
          ...rule,
          resourceType: "TransactionalID",
          pattern: "Prefixed",
          operation: "DescribeConfigs",
          permission: "Deny",
        },
        { ...rule, resourceType: "99", pattern: "99", operation: "99", permission: "99" },
      ],
      quotas: [
        { entity: { user: "a" }, values: { producer_byte_rate: 1024.5 } },
        { entity: { user: null }, values: { producer_byte_rate: 1024.5 } },
      ],
      users: [
        {
          name: "a",
          credentials: [
            { mechanism: "SCRAM-SHA-256", iterations: 4_096 },
            { mechanism: "SCRAM-SHA-512", iterations: 4_096 },
          ],
        },
        { name: "removed", credentials: [] },
      ],
    });
  });

  it("without rules where it has no authorizer, from answers in pieces, at the first broker that answers", async () => {
    const address = await server(
      broker({ ...EMPTY_CLUSTER, [API.acls]: () => nothing(54, "No Authorizer is configured.") }, true),
    );
    await expect(readCluster({ brokers: ["127.0.0.1:1", "[::1]:1", address] }, new Set(), LIMITS)).resolves.toEqual({
      requests: 4,
      live: { topics: [], acls: [], quotas: [], users: [] },
    });
  });
});

describe("a cluster that cannot be read", () => {
  it("is named with all its brokers", async () => {
    await expect(readCluster({ brokers: ["127.0.0.1:1", "[::1]:1"] }, new Set(), LIMITS)).rejects.toMatchObject({
      code: "KIT_SERVER_UNREACHABLE",
      message: expect.stringMatching(/127\.0\.0\.1:1, \[::1\]:1.*(?:ECONNREFUSED|EADDRNOTAVAIL)/),
    });
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ["does not answer", (socket) => onRequest(socket, () => undefined), /timed out/],
    [
      "hangs up",
      (socket) => onRequest(socket, () => socket.end()),
      /Connection closed.*listener without TLS and without login\?/,
    ],
    [
      "speaks HTTP",
      (socket) => onRequest(socket, () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      /Connection closed.*listener without TLS and without login\?/,
    ],
    [
      "wants TLS",
      (socket) => onRequest(socket, () => socket.write(Buffer.from([0x15, 3, 3, 0, 2, 2, 70]))),
      /Broker requires TLS/,
    ],
    [
      "answers what nobody asked",
      (socket) => onRequest(socket, (id) => socket.write(framed(id + 1_000, nothing()))),
      /Connection closed/,
    ],
    [
      "answers too little",
      (socket) => onRequest(socket, (id) => socket.write(framed(id, result(0, null)))),
      /Out of bounds/,
    ],
    [
      "refuses a request",
      broker({ ...EMPTY_CLUSTER, [API.users]: () => nothing(35, "too old") }),
      /UNSUPPORTED_VERSION: too old/,
    ],
  ])("because the server %s", async (_, behave, message) => {
    await expect(readCluster({ brokers: [await server(behave)] }, new Set(), LIMITS)).rejects.toMatchObject({
      code: "KIT_SERVER_UNREACHABLE",
      message: expect.stringMatching(message),
    });
  });

  it("ends with the kit's error, whatever bytes the server sends", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 64 }),
        fc.boolean(),
        fc.boolean(),
        async (bytes, framedLength, withLogin) => {
          const { address, close } = await startServer((socket) =>
            onRequest(socket, (id) => {
              const head = Buffer.alloc(8);
              head.writeInt32BE(bytes.length + 4);
              head.writeInt32BE(id, 4);
              socket.end(framedLength ? Buffer.concat([head, bytes]) : bytes);
            }),
          );
          try {
            const login = { brokers: [address], ...(withLogin ? { user: { name: "a", password: "b" } } : {}) };
            await expect(readCluster(login, new Set(), LIMITS)).rejects.toMatchObject({
              code: expect.stringMatching(/^KIT_(?:SERVER_UNREACHABLE|LOGIN_REFUSED)$/),
            });
          } finally {
            close();
          }
        },
      ),
    );
  });

  it("because a right is missing", async () => {
    const denied = await server(
      broker({ ...EMPTY_CLUSTER, [API.quotas]: () => nothing(31, "Cluster authorization failed.") }),
    );
    await expect(readCluster({ brokers: [denied] }, new Set(), LIMITS)).rejects.toMatchObject({
      code: "KIT_LOGIN_REFUSED",
      message: expect.stringContaining("CLUSTER_AUTHORIZATION_FAILED: Cluster authorization failed."),
    });
    const hidden = await server(
      broker({
        ...EMPTY_CLUSTER,
        [API.metadata]: () => metadata([{ name: "a", partitions: [[1]] }]),
        [API.configs]: () => configs([{ topic: "a", code: 29 }], []),
      }),
    );
    await expect(readCluster({ brokers: [hidden] }, new Set(), LIMITS)).rejects.toMatchObject({
      code: "KIT_LOGIN_REFUSED",
      message: expect.stringContaining("TOPIC_AUTHORIZATION_FAILED: why"),
    });
  });

  it.each(["connect", "request"])("because its caller stops it: %s", async (when) => {
    const stop = new AbortController();
    const address = await server((socket) => {
      if (when === "connect") stop.abort();
      else onRequest(socket, () => stop.abort());
    });
    // Without the signal this would take a minute.
    const login = { brokers: [address, address], ...(when === "connect" ? { tls: { ca: "" } } : {}) };
    await expect(readCluster(login, new Set(), { signal: stop.signal })).rejects.toMatchObject({
      code: "KIT_SERVER_UNREACHABLE",
    });
  });

  it("because TLS or the login does not come to an end in time", async () => {
    const plain = await server((socket) => socket.on("data", () => socket.end()));
    await expect(readCluster({ brokers: [plain], tls: { ca: "" } }, new Set(), LIMITS)).rejects.toMatchObject({
      code: "KIT_SERVER_UNREACHABLE",
    });
    const silent = await server(() => undefined);
    const limits = { connectMs: 200, requestMs: 5_000 };
    for (const login of [{ tls: { ca: "" } }, { user: { name: "a", password: "b" } }])
      await expect(readCluster({ brokers: [silent], ...login }, new Set(), limits)).rejects.toMatchObject({
        code: "KIT_SERVER_UNREACHABLE",
        message: expect.stringContaining("timed out"),
      });
  });
});
