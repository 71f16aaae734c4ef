import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readCluster } from "../../../../cli/live/cluster-reader.ts";
import { connectBroker } from "../../../../cli/live/wire/broker-connection.ts";
import { BytesReader, BytesWriter } from "../../../../cli/live/wire/bytes.ts";
import { describeQuotas, describeUsers } from "../../../../cli/live/wire/requests.ts";
import { LoginError, scramLogin } from "../../../../cli/live/wire/scram.ts";

const LIMITS = { connectMs: 2_000, requestMs: 300 };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that does as it is told with each connection; its address. */
async function server(behave: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const listening = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    behave(socket);
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

/** Calls back with each request's number, API and body; small requests come in one piece here. */
function requests(socket: Socket, handle: (id: number, api: number) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE()) {
      const length = bytes.readInt32BE();
      const api = bytes.readInt16BE(4);
      const id = bytes.readInt32BE(8);
      bytes = bytes.subarray(4 + length);
      handle(id, api);
    }
  });
}

/** An answer with its length and number in front. */
function framed(id: number, body: Buffer, flexible = true): Buffer {
  const head = new BytesWriter().int32(body.length + 4 + (flexible ? 1 : 0)).int32(id);
  return Buffer.concat([(flexible ? head.noTags() : head).bytes(), body]);
}

const noQuotas = new BytesWriter()
  .int32(0)
  .int16(0)
  .compactString(null)
  .compactArray([], () => undefined)
  .noTags()
  .bytes();

describe("a connection", () => {
  it("gives each request its own answer, in pieces or several at once", async () => {
    const address = await server((socket) => {
      const answers: Buffer[] = [];
      requests(socket, (id) => {
        answers.push(framed(id, noQuotas));
        if (answers.length < 3) return;
        // Two whole answers and the head of the third, then the rest byte by byte.
        const all = Buffer.concat(answers);
        socket.write(all.subarray(0, all.length - 9));
        setImmediate(() => {
          for (const byte of all.subarray(all.length - 9)) socket.write(Buffer.from([byte]));
        });
      });
    });
    const connection = await connectBroker(address, {}, LIMITS);
    await expect(
      Promise.all([
        connection.ask(describeQuotas()),
        connection.ask(describeQuotas()),
        connection.ask(describeUsers()),
      ]),
    ).resolves.toEqual([[], [], []]);
    connection.close();
    await expect(connection.ask(describeQuotas())).rejects.toThrow("the connection was closed");
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    [
      "does not answer",
      (socket) => requests(socket, () => undefined),
      /^DescribeClientQuotas: no answer within 0\.3 s$/,
    ],
    ["hangs up", (socket) => requests(socket, () => socket.end()), /^the server closed the connection$/],
    [
      "speaks HTTP",
      (socket) => requests(socket, () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      /does not speak Kafka's protocol \(its answer would have 1213486160 bytes\)/,
    ],
    [
      "wants TLS",
      (socket) => requests(socket, () => socket.write(Buffer.from([0x15, 3, 3, 0, 2, 2, 70]))),
      /does not speak Kafka's protocol .*is it a listener with TLS\?/,
    ],
    [
      "answers what nobody asked",
      (socket) => requests(socket, (id) => socket.write(framed(id + 7, noQuotas))),
      /an answer that nobody asked for/,
    ],
    [
      "answers too little",
      (socket) => requests(socket, (id) => socket.write(framed(id, noQuotas.subarray(0, 5)))),
      /^DescribeClientQuotas: the answer cannot be read \(it ends in the middle\)$/,
    ],
  ])("to a server that %s ends with a message that says so", async (_, behave, message) => {
    const connection = await connectBroker(await server(behave), {}, LIMITS);
    await expect(connection.ask(describeQuotas())).rejects.toThrow(message);
    connection.close();
  });

  it("with TLS to a server without is refused, and one that nobody accepts ends in time", async () => {
    const plain = await server((socket) => socket.on("data", () => socket.end()));
    await expect(connectBroker(plain, { tls: { ca: "" } }, LIMITS)).rejects.toThrow();
    const silent = await server(() => undefined);
    await expect(connectBroker(silent, { tls: { ca: "" } }, { ...LIMITS, connectMs: 200 })).rejects.toThrow(
      "no connection within 0.2 s",
    );
    await expect(
      connectBroker(silent, { user: { name: "a", password: "b" } }, { connectMs: 200, requestMs: 5_000 }),
    ).rejects.toThrow("no connection within 0.2 s");
  });

  it("goes to the next broker where the first does not answer, and names all where none does", async () => {
    await expect(readCluster({ brokers: ["127.0.0.1:1", "[::1]:1"] }, new Set())).rejects.toMatchObject({
      code: "KIT_SERVER_UNREACHABLE",
      message: expect.stringMatching(/127\.0\.0\.1:1, \[::1\]:1.*ECONNREFUSED|EADDRNOTAVAIL/),
    });
    const address = await server((socket) =>
      requests(socket, (id, api) => {
        const list = new BytesWriter()
          .int32(0)
          .int16(0)
          .compactString(null)
          .compactArray([], () => undefined)
          .noTags()
          .bytes();
        const metadata = new BytesWriter()
          .int32(0)
          .compactArray([], () => undefined)
          .compactString(null)
          .int32(-1)
          .compactArray([], () => undefined)
          .noTags()
          .bytes();
        socket.write(framed(id, api === 3 ? metadata : list));
      }),
    );
    await expect(readCluster({ brokers: ["127.0.0.1:1", address] }, new Set())).resolves.toEqual({
      requests: 4,
      live: { topics: [], acls: [], quotas: [], users: [] },
    });
  });

  it("whose login is refused says so and names nobody's password", async () => {
    const address = await server((socket) =>
      requests(socket, (id, api) => {
        if (api === 17) socket.write(framed(id, new BytesWriter().int16(33).int32(1).string("PLAIN").bytes(), false));
      }),
    );
    const refusal = readCluster(
      { brokers: [address], user: { name: "auditor", password: "very-secret-word" } },
      new Set(),
    );
    await expect(refusal).rejects.toMatchObject({
      code: "KIT_LOGIN_REFUSED",
      message: expect.stringContaining("auditor at 127.0.0.1"),
    });
    await expect(refusal).rejects.toMatchObject({
      message: expect.stringContaining("SCRAM-SHA-512 is not offered, but PLAIN"),
    });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining("very-secret-word") });
  });
});

describe("SCRAM", () => {
  const [user, password, nonce, salt] = ["o=dd,name", "a pässword", "client-nonce", Buffer.from("some salt")];
  const serverFirst = `r=${nonce}server-part,s=${salt.toString("base64")},i=4096`;
  const mac = (key: Buffer, text: string): Buffer => createHmac("sha512", key).update(text).digest();

  it("proves the password as RFC 5802 says, and holds the server to the same", () => {
    const login = scramLogin(user, password, nonce);
    expect(login.first).toBe(`n,,n=o=3Ddd=2Cname,r=${nonce}`);
    const proof = login.answer(serverFirst);
    const [withoutProof = "", given = ""] = proof.message.split(",p=");
    expect(withoutProof).toBe(`c=biws,r=${nonce}server-part`);
    // What a server does: from the stored key and the proof to the client's key.
    const salted = pbkdf2Sync(password, salt, 4_096, 64, "sha512");
    const signed = `${login.first.slice(3)},${serverFirst},${withoutProof}`;
    const stored = createHash("sha512").update(mac(salted, "Client Key")).digest();
    const signature = mac(stored, signed);
    const clientKey = Buffer.from(given, "base64").map((byte, index) => byte ^ (signature[index] ?? 0));
    expect(createHash("sha512").update(clientKey).digest("hex")).toBe(stored.toString("hex"));
    const verifier = mac(mac(salted, "Server Key"), signed).toString("base64");
    expect(() => proof.confirm(`v=${verifier}`)).not.toThrow();
    expect(() => proof.confirm(`v=${Buffer.alloc(64).toString("base64")}`)).toThrow(LoginError);
    expect(() => proof.confirm("e=other-error")).toThrow("other-error");
    expect(() => proof.confirm("")).toThrow(LoginError);
  });

  it.each([
    ["another's nonce", serverFirst.replace(nonce, "other-nonce")],
    ["no nonce of its own", serverFirst.replace("server-part", "")],
    ["no salt", serverFirst.replace(/s=[^,]*/, "s=")],
    ["too few iterations", serverFirst.replace("4096", "1")],
    ["endless iterations", serverFirst.replace("4096", "99999999999")],
    ["words", "i=many"],
    ["nothing", ""],
  ])("is broken off where the server sends %s", (_, message) => {
    expect(() => scramLogin(user, password, nonce).answer(message)).toThrow(LoginError);
  });
});

it("a reader refuses what is longer than the message", () => {
  expect(() => new BytesReader(Buffer.from([0x7f])).compactString()).toThrow(RangeError);
  expect(() => new BytesReader(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])).unsignedVarint()).toThrow(RangeError);
  expect(() => new BytesReader(Buffer.from([0])).compactString()).toThrow("a text is missing");
});
