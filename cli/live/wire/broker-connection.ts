/** A connection to one broker: TLS and login where they are asked for, then any number of requests in flight. */
import { randomBytes } from "node:crypto";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { BytesReader, BytesWriter } from "./bytes.ts";
import type { BrokerRequest } from "./requests.ts";
import { readAnswer, saslAuthenticate, saslHandshake } from "./requests.ts";
import { scramLogin } from "./scram.ts";

/** Whom to be, and whom to trust. */
export interface BrokerCredentials {
  /** Absent: plain text. `cert` and `key` for mutual TLS; all PEM. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  /** SCRAM-SHA-512. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** How long to wait, in ms. */
export interface BrokerLimits {
  /** For the connection, TLS and login included. */
  readonly connectMs: number;
  /** For the answer to one request. */
  readonly requestMs: number;
}

/** An open connection. */
export interface BrokerConnection {
  /** Sends a request; several may be on their way, the broker answers them in order. */
  ask<T>(request: BrokerRequest<T>): Promise<T>;
  close(): void;
}

const CLIENT_ID = "kit-audit";
/** Longer answers come from something that is no broker: `HTTP` read as a length is 1.2 GB, a TLS alert 0.4 GB. */
const LONGEST_ANSWER = 256 * 1024 * 1024;

/**
 * Connects and logs in.
 * @param address - `host:port`, an IPv6 host in brackets.
 * @throws Error of the socket, of TLS, {@link RefusedRequest}, {@link LoginError}.
 */
export async function connectBroker(
  address: string,
  { tls, user }: BrokerCredentials,
  limits: BrokerLimits,
): Promise<BrokerConnection> {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), Number(address.slice(colon + 1))];
  // Certificates name an address without the server name that TLS has for names alone.
  const socket: Socket =
    tls === undefined
      ? connectPlain({ host, port })
      : connectTls({ host, port, ...tls, ...(isIP(host) === 0 ? { servername: host } : {}) });
  socket.setNoDelay(true);
  const connection = new OpenConnection(socket, limits.requestMs);
  const late = setTimeout(
    () => connection.fail(new Error(`no connection within ${limits.connectMs / 1_000} s`)),
    limits.connectMs,
  );
  try {
    await connection.opened(tls === undefined ? "connect" : "secureConnect");
    if (user !== undefined) await logIn(connection, user);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

async function logIn(
  connection: BrokerConnection,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<void> {
  const login = scramLogin(name, password, randomBytes(24).toString("base64url"));
  // One after the other: a broker need not read on before it has answered, as long as it does not know who speaks.
  await connection.ask(saslHandshake("SCRAM-SHA-512"));
  const proof = login.answer(await connection.ask(saslAuthenticate(login.first)));
  proof.confirm(await connection.ask(saslAuthenticate(proof.message)));
}

interface Waiting {
  readonly request: BrokerRequest<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly late: NodeJS.Timeout;
}

class OpenConnection implements BrokerConnection {
  readonly #socket: Socket;
  readonly #requestMs: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #frames = new FrameReader();
  #sent = 0;
  #failure: Error | undefined;
  /** Told of a failure while no request is on its way. */
  #onFailure: ((error: Error) => void) | undefined;

  constructor(socket: Socket, requestMs: number) {
    this.#socket = socket;
    this.#requestMs = requestMs;
    socket.on("error", (error) => this.fail(error));
    socket.on("close", () => this.fail(new Error("the server closed the connection")));
    socket.on("data", (chunk) => this.#receive(chunk));
  }

  async opened(event: "connect" | "secureConnect"): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onFailure = reject;
      this.#socket.once(event, resolve);
      if (this.#failure !== undefined) reject(this.#failure);
    });
  }

  async ask<T>(request: BrokerRequest<T>): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const id = this.#sent;
      this.#sent += 1;
      const late = setTimeout(
        () => this.fail(new Error(`${request.name}: no answer within ${this.#requestMs / 1_000} s`)),
        this.#requestMs,
      );
      this.#waiting.set(id, { request, resolve: (answer) => resolve(answer as T), reject, late });
      const message = new BytesWriter().int16(request.key).int16(request.version).int32(id).string(CLIENT_ID);
      if (request.flexible) message.noTags();
      const bytes = message.raw(request.body.bytes()).bytes();
      this.#socket.write(Buffer.concat([new BytesWriter().int32(bytes.length).bytes(), bytes]));
    });
  }

  close(): void {
    this.fail(new Error("the connection was closed"));
  }

  /** Ends the connection and everything that waits for it. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#socket.destroy();
    for (const { late, reject } of this.#waiting.values()) {
      clearTimeout(late);
      reject(error);
    }
    this.#waiting.clear();
    this.#onFailure?.(error);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.add(chunk)) this.#answer(new BytesReader(frame));
    } catch (error) {
      this.fail(
        error instanceof RangeError
          ? new Error(`the server does not speak Kafka's protocol (${error.message}); is it a listener with TLS?`, {
              cause: error,
            })
          : error instanceof Error
            ? error
            : new Error(String(error)),
      );
    }
  }

  #answer(answer: BytesReader): void {
    const id = answer.int32();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new RangeError("an answer that nobody asked for");
    this.#waiting.delete(id);
    clearTimeout(waiting.late);
    try {
      if (waiting.request.flexible) answer.skipTags();
      waiting.resolve(readAnswer(waiting.request, answer));
    } catch (error) {
      waiting.reject(
        error instanceof RangeError
          ? new Error(`${waiting.request.name}: the answer cannot be read (${error.message})`, { cause: error })
          : error,
      );
    }
  }
}

/** Puts answers together from the pieces that the socket gives: a large one is copied once, into a buffer of its size. */
class FrameReader {
  readonly #head = Buffer.alloc(4);
  #headFilled = 0;
  #body: Buffer | undefined;
  #bodyFilled = 0;

  /** @throws RangeError where a length is none. */
  add(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#body === undefined) {
        const taken = chunk.copy(this.#head, this.#headFilled, at, at + 4 - this.#headFilled);
        this.#headFilled += taken;
        at += taken;
        if (this.#headFilled < 4) break;
        const length = this.#head.readInt32BE();
        if (length < 4 || length > LONGEST_ANSWER) throw new RangeError(`its answer would have ${length} bytes`);
        this.#body = Buffer.allocUnsafe(length);
        this.#bodyFilled = 0;
      }
      const taken = chunk.copy(this.#body, this.#bodyFilled, at);
      this.#bodyFilled += taken;
      at += taken;
      if (this.#bodyFilled === this.#body.length) {
        frames.push(this.#body);
        this.#body = undefined;
        this.#headFilled = 0;
      }
    }
    return frames;
  }
}
