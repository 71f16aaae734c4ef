/** A server on loopback that answers Kafka's requests as a test says, and the answers, put together by the client's own writer. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Writer } from "@platformatic/kafka";

/** Numbers of the requests that a reading sends. */
export const API = {
  metadata: 3,
  saslHandshake: 17,
  apiVersions: 18,
  acls: 29,
  configs: 32,
  login: 36,
  quotas: 48,
  users: 50,
} as const;

/** A running server. */
export interface StubServer {
  /** `host:port`. */
  readonly address: string;
  close(): void;
}

/** Starts a server that does as it is told with each connection. */
export async function startServer(behave: (socket: Socket) => void): Promise<StubServer> {
  const sockets: Socket[] = [];
  const listening = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    behave(socket);
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(listening.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      listening.close();
    },
  };
}

/** Calls back with each request's number, API and body. */
export function onRequest(socket: Socket, handle: (id: number, api: number, body: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE()) {
      const message = bytes.subarray(4, 4 + bytes.readInt32BE());
      bytes = bytes.subarray(4 + message.length);
      // In front of the body: API, version, number, and the client's name with its length.
      handle(message.readInt32BE(4), message.readInt16BE(), message.subarray(10 + message.readInt16BE(8)));
    }
  });
}

/** An answer with its length and number in front. */
export function framed(id: number, body: Writer, flexible = true): Buffer {
  const head = Writer.create().appendInt32(id);
  return (flexible ? head.appendTaggedFields() : head).appendFrom(body).prependLength().buffer;
}

/** What a broker answers to each API; what is not named here gets no answer. */
export type Answers = Readonly<Record<number, (body: Buffer) => Writer>>;

/** Answers each request, byte by byte where that is wanted. */
export function broker(answers: Answers, inPieces = false): (socket: Socket) => void {
  return (socket) =>
    onRequest(socket, (id, api, body) => {
      const answer = answers[api]?.(body);
      if (answer === undefined) return;
      const bytes = framed(id, answer, api !== API.saslHandshake && api !== API.apiVersions);
      if (inPieces) for (const byte of bytes) socket.write(Buffer.from([byte]));
      else socket.write(bytes);
    });
}

/** The head of most answers. */
export function result(code: number, message: string | null): Writer {
  return Writer.create().appendInt32(0).appendInt16(code).appendString(message);
}

/** An answer without entries. */
export function nothing(code = 0, message: string | null = null): Writer {
  return result(code, message)
    .appendArray([], () => undefined)
    .appendTaggedFields();
}

/** A topic in the answer to a Metadata request. */
export interface StubTopic {
  readonly name: string;
  readonly internal?: boolean;
  /** Replicas of each partition. */
  readonly partitions: readonly (readonly number[])[];
  /** Error of the topic and of its partitions. */
  readonly code?: number;
}

/** The answer to a Metadata request. */
export function metadata(topics: readonly StubTopic[]): Writer {
  const ids = (writer: Writer, list: readonly number[]): Writer =>
    writer.appendArray([...list], (w, id) => w.appendInt32(id), true, false);
  return Writer.create()
    .appendInt32(0)
    .appendArray([1], (w, id) => w.appendInt32(id).appendString("localhost").appendInt32(9_092).appendString("zone-a"))
    .appendString("cluster")
    .appendInt32(1)
    .appendArray([...topics], (w, { name, internal = false, partitions, code = 0 }) =>
      w
        .appendInt16(code)
        .appendString(name)
        .appendUUID("3f1cbb86-9d10-4ad1-8b61-aa6a4dbdf1d6")
        .appendBoolean(internal)
        .appendArray([...partitions], (inner, replicas, index) => {
          inner.appendInt16(code).appendInt32(index).appendInt32(-1).appendInt32(3);
          ids(ids(ids(inner, replicas), [1]), [2]);
        })
        .appendInt32(-2_147_483_648),
    )
    .appendTaggedFields();
}

/** A setting in the answer to a DescribeConfigs request: key, value, number of its source. */
export type StubSetting = readonly [key: string, value: string | null, source: number];

/** The answer to a DescribeConfigs request; a topic with an error has no settings. */
export function configs(
  topics: readonly { readonly topic: string; readonly code: number }[],
  settings: readonly StubSetting[],
): Writer {
  return Writer.create()
    .appendInt32(0)
    .appendArray([...topics], (w, { topic, code }) =>
      w
        .appendInt16(code)
        .appendString(code === 0 ? null : "why")
        .appendInt8(2)
        .appendString(topic)
        .appendArray(code === 0 ? [...settings] : [], (inner, [key, value, source]) =>
          inner
            .appendString(key)
            .appendString(value)
            .appendBoolean(false)
            .appendInt8(source)
            .appendBoolean(false)
            .appendArray(["synonym"], (s, name) => s.appendString(name).appendString("1").appendInt8(5))
            .appendInt8(5)
            .appendString("documentation"),
        ),
    )
    .appendTaggedFields();
}

/** The answers of a cluster that holds nothing. */
export const EMPTY_CLUSTER: Answers = {
  [API.metadata]: () => metadata([]),
  [API.acls]: () => nothing(),
  [API.quotas]: () => nothing(),
  [API.users]: () => nothing(),
};
