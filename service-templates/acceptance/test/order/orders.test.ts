import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import type { OrderClient } from "../../../../cli/project/order.ts";
import { signToken } from "../../../../cli/tokens.ts";
import { listProducts, placeAndFollow } from "../../order/orders.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Starts a gateway that gives the answers in turn and then repeats the last one. */
async function gateway(
  answers: Readonly<Record<string, readonly { status: number; body: unknown }[]>>,
): Promise<{ client: OrderClient; seen: Seen[] }> {
  const seen: Seen[] = [];
  const turns = new Map<string, number>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      const key = `${request.method ?? ""} ${request.url ?? ""}`;
      seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      const turn = turns.get(key) ?? 0;
      turns.set(key, turn + 1);
      const list = answers[key] ?? [];
      const answer = list[Math.min(turn, list.length - 1)] ?? { status: 404, body: { title: "Not Found" } };
      response
        .writeHead(answer.status, { "content-type": "application/json", connection: "close" })
        .end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo;
  return { client: { gateway: `http://127.0.0.1:${port}`, token: "secret", now: () => performance.now() }, seen };
}

const step = (name: string, elapsedMs: number) => ({ name, at: "2026-01-01T00:00:00.000Z", elapsedMs });
const request = {
  items: [{ productId: "sku-mouse", quantity: 1 }],
  currency: "USD",
  shippingAddress: "1 Market Street",
};
const accepted = { status: 202, body: { orderId: "o-1", status: "pending", links: { self: "/orders/o-1" } } };

describe("an order", () => {
  it("is followed to its end; each step is told once, in order", async () => {
    const { client, seen } = await gateway({
      "POST /orders": [accepted],
      "GET /orders/o-1": [
        { status: 200, body: { status: "pending", steps: [step("accepted", 0)] } },
        { status: 200, body: { status: "pending", steps: [step("accepted", 0), step("payment.processed", 12)] } },
        {
          status: 200,
          body: {
            status: "confirmed",
            steps: [
              step("accepted", 0),
              step("payment.processed", 12),
              step("inventory.reserved", 15),
              step("order.confirmed", 20),
            ],
          },
        },
      ],
    });
    const told: string[] = [];
    const outcome = await placeAndFollow(client, request, { timeoutMs: 5_000, onStep: ({ name }) => told.push(name) });
    expect(outcome).toMatchObject({
      orderId: "o-1",
      status: "confirmed",
      steps: expect.any(Array),
      elapsedMs: expect.any(Number),
    });
    expect(Object.keys(outcome)).toEqual(["orderId", "status", "steps", "elapsedMs"]);
    expect(told).toEqual(["accepted", "payment.processed", "inventory.reserved", "order.confirmed"]);
    expect(seen[0]?.headers.authorization).toBe("Bearer secret");
    expect(seen[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual(request);
  });

  it("that is cancelled has its reason", async () => {
    const { client } = await gateway({
      "POST /orders": [accepted],
      "GET /orders/o-1": [{ status: 200, body: { status: "cancelled", reason: "payment_declined", steps: [] } }],
    });
    expect(await placeAndFollow(client, request, { timeoutMs: 5_000 })).toMatchObject({
      status: "cancelled",
      reason: "payment_declined",
    });
  });

  it("that comes to no end is given up after the limit", async () => {
    const { client } = await gateway({
      "POST /orders": [accepted],
      "GET /orders/o-1": [{ status: 200, body: { status: "pending", steps: [] } }],
    });
    expect(await placeAndFollow(client, request, { timeoutMs: 100 })).toMatchObject({ status: "pending" });
  });

  it("that is refused tells the gateway's words", async () => {
    const { client } = await gateway({
      "POST /orders": [
        {
          status: 422,
          body: {
            title: "Unknown product",
            detail: "sku-x is not sold",
            errors: [{ at: "/items/0/productId", message: "see GET /products" }],
          },
        },
      ],
    });
    await expect(placeAndFollow(client, request, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "KIT_ORDER_REFUSED",
      exitCode: 1,
      message: expect.stringContaining(
        "422 · Unknown product · sku-x is not sold · /items/0/productId see GET /products",
      ),
    });
  });

  it("without a gateway ends with 3 and names the address, not the token", async () => {
    const client: OrderClient = { gateway: "http://127.0.0.1:1", token: "secret", now: () => 0 };
    const failure = placeAndFollow(client, request, { timeoutMs: 100 });
    await expect(failure).rejects.toMatchObject({
      code: "KIT_GATEWAY_UNREACHABLE",
      exitCode: 3,
      message: expect.stringContaining("http://127.0.0.1:1/orders"),
    });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });
});

it("reads the price list", async () => {
  const { client } = await gateway({
    "GET /products": [
      {
        status: 200,
        body: { products: [{ productId: "sku-mouse", name: "Mouse" }, { productId: "sku-limited" }, {}] },
      },
    ],
  });
  expect(await listProducts(client)).toEqual([{ productId: "sku-mouse", name: "Mouse" }, { productId: "sku-limited" }]);
});

it("signs a token that the services' key set verifies", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kit-token-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "key-1", alg: "ES256", use: "sig" };
  await mkdir(join(folder, "local", "files"), { recursive: true });
  await writeFile(join(folder, "local", "files", "token-issuer.key"), await exportPKCS8(privateKey));
  await writeFile(join(folder, "local", "files", "jwks.json"), JSON.stringify({ keys: [jwk] }));
  const now = Date.parse("2026-01-01T00:00:00Z");
  const signed = await signToken(folder, { subject: "customer-7", ttlMs: 3_600_000, now });
  expect(signed).toMatchObject({ subject: "customer-7", expiresAt: "2026-01-01T01:00:00.000Z" });
  const { payload, protectedHeader } = await jwtVerify(signed.token, createLocalJWKSet({ keys: [jwk] }), {
    issuer: "https://token.kit.local",
    audience: "order-platform",
    currentDate: new Date(now),
  });
  expect(protectedHeader).toMatchObject({ alg: "ES256", kid: "key-1" });
  expect(payload).toMatchObject({ sub: "customer-7", exp: now / 1000 + 3600 });
});
