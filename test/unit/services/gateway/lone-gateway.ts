/** The gateway alone, in front of a simulated service, because tests of its behaviour towards clients need no platform. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@event-platform-kit/service/config";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startGateway } from "../../../../service-templates/api-gateway/src/service.ts";

const ISSUER = "https://token.kit.local";
const AUDIENCE = "order-platform";

export interface TokenParts {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
}

export interface LoneGateway {
  readonly port: number;
  readonly url: string;
  /** Targets of the requests that the service behind has received, in order. */
  readonly received: readonly string[];
  /** Requests that the simulated service has received and not answered. */
  pending(): number;
  /** Simulates the service behind the gateway. */
  answer(respond: (request: IncomingMessage, response: ServerResponse) => void): void;
  /** A token that the gateway accepts, unless the parts differ; they replace its content, undefined removes. */
  token(subject: string, parts?: TokenParts): Promise<string>;
  /** A connection to the gateway whose errors are of no interest. */
  connect(): Promise<Socket>;
  /** Value of a metric, summed over its labels; undefined where it is not shown. */
  metric(name: string): Promise<number | undefined>;
  ready(): Promise<{ readonly status: number; readonly checks: Readonly<Record<string, string>> }>;
  stop(): Promise<void>;
}

/**
 * Starts it.
 * @param overrides - Environment variables beyond those it cannot do without.
 * @param clock - Milliseconds since the epoch. @default the machine's
 */
export async function startLoneGateway(
  overrides: Environment = {},
  clock: () => number = Date.now,
): Promise<LoneGateway> {
  const folder = mkdtempSync(join(tmpdir(), "lone-gateway-"));
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = join(folder, "jwks.json");
  writeFileSync(
    jwks,
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "test", alg: "ES256", use: "sig" }] }),
  );

  let respond = (_request: IncomingMessage, response: ServerResponse): void => {
    response.setHeader("content-type", "application/json").end("{}");
  };
  const received: string[] = [];
  let pending = 0;
  const service = createServer((request, response) => {
    received.push(request.url ?? "");
    pending += 1;
    response.once("close", () => {
      pending -= 1;
    });
    respond(request, response);
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));

  const gateway = await startGateway({
    clock,
    env: {
      SERVICE_NAME: "api-gateway",
      HTTP_HOST: "127.0.0.1",
      HTTP_PORT: "0",
      MANAGEMENT_PORT: "0",
      LOG_LEVEL: "silent",
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_JWKS_FILE: jwks,
      ORDER_SERVICE_URL: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
      ...overrides,
    },
  });
  const port = gateway.httpPort ?? 0;
  const management = `http://127.0.0.1:${gateway.managementPort}`;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    received,
    pending: () => pending,
    answer: (next) => {
      respond = next;
    },
    async token(subject, { claims = {}, header = {} } = {}) {
      const seconds = Math.floor(clock() / 1_000);
      return await new SignJWT({
        iss: ISSUER,
        aud: AUDIENCE,
        sub: subject,
        iat: seconds,
        exp: seconds + 600,
        ...claims,
      })
        .setProtectedHeader({ alg: "ES256", kid: "test", typ: "JWT", ...header })
        .sign(privateKey);
    },
    connect: () =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port });
        socket.once("connect", () => {
          socket.off("error", reject);
          socket.on("error", () => undefined);
          resolve(socket);
        });
        socket.once("error", reject);
      }),
    async metric(name) {
      const text = await (await fetch(`${management}/metrics`)).text();
      const values = text
        .split("\n")
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)));
      return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
    },
    async ready() {
      const response = await fetch(`${management}/readyz`);
      return {
        status: response.status,
        checks: ((await response.json()) as { checks: Record<string, string> }).checks,
      };
    },
    async stop() {
      service.closeAllConnections();
      await gateway.stop();
      service.closeAllConnections();
      await new Promise((resolve) => service.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
