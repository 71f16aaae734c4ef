import { writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../../service-templates/api-gateway/src/service.ts";
import type { Answer, OrderPlatform } from "../servers/order-platform.ts";
import { startOrderPlatform } from "../servers/order-platform.ts";
import { readTopic } from "../servers/records.ts";

const ORDER = {
  items: [{ productId: "sku-mouse", quantity: 1 }],
  currency: "EUR",
  shippingAddress: "1 Main Street, Berlin",
};

describe("what the gateway accepts and refuses", () => {
  let platform: OrderPlatform;
  let token: string;
  let keys = 0;
  beforeAll(async () => {
    platform = await startOrderPlatform({ RATE_LIMIT_PER_SECOND: "100" });
    token = await platform.token("cust-1");
  });
  afterAll(() => platform?.stop());

  function post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    keys += 1;
    return platform.call("POST", "/orders", {
      token,
      body,
      headers: { "idempotency-key": `http-${keys}`, ...headers },
    });
  }
  async function stored(): Promise<number> {
    const [row] = await platform.sql<{ count: string }>("order_service", "SELECT count(*) FROM orders");
    return Number(row?.count);
  }
  function expectProblem(answer: Answer, status: number, type: string): void {
    expect({ status: answer.status, type: answer.body.type }).toEqual({
      status,
      type: `urn:event-platform-kit:problem:${type}`,
    });
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.ts|node_modules|SELECT|INSERT/);
  }

  it("answers 202 with the order's address, security headers and a trace", async () => {
    const answer = await post(ORDER, {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "x-request-id": "my-request",
    });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ status: "pending", links: { self: `/orders/${String(answer.body.orderId)}` } });
    expect(answer.headers.get("location")).toBe(`/orders/${String(answer.body.orderId)}`);
    expect(answer.headers.get("x-request-id")).toBe("my-request");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("traceparent")).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    const [record] = await readTopic(platform.kafka, "order-events", 1);
    expect(record?.headers).toMatchObject({
      "event-type": "order.created",
      "event-version": "1",
      "correlation-id": answer.body.orderId,
    });
    expect(record?.headers.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);

    // The same trace through all tables, topics and handlers, each step caused by the previous one.
    const [row] = await platform.sql("order_service", "SELECT traceparent FROM orders WHERE order_id = $1", [
      answer.body.orderId,
    ]);
    expect(row?.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    const [payment] = await readTopic(platform.kafka, "payment-events", 1);
    const confirmed = (await readTopic(platform.kafka, "order-events", 2)).find(
      ({ headers }) => headers["event-type"] === "order.confirmed",
    );
    for (const { headers } of [payment, confirmed].filter((found) => found !== undefined)) {
      expect(headers).toMatchObject({ "correlation-id": answer.body.orderId, "causation-id": expect.any(String) });
      expect(headers.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    }
    expect(payment?.headers["causation-id"]).toBe(record?.headers["event-id"]);
    expect(confirmed?.headers.traceparent).not.toBe(record?.headers.traceparent);
  });

  it.each<[string, unknown]>([
    ["no items", { ...ORDER, items: [] }],
    ["an unknown product", { ...ORDER, items: [{ productId: "sku-unknown", quantity: 1 }] }],
    ["a quantity of zero", { ...ORDER, items: [{ productId: "sku-mouse", quantity: 0 }] }],
    ["a negative quantity", { ...ORDER, items: [{ productId: "sku-mouse", quantity: -1 }] }],
    ["a huge quantity", { ...ORDER, items: [{ productId: "sku-mouse", quantity: 1e12 }] }],
    ["half a piece", { ...ORDER, items: [{ productId: "sku-mouse", quantity: 0.5 }] }],
    ["a quantity as text", { ...ORDER, items: [{ productId: "sku-mouse", quantity: "1" }] }],
    [
      "duplicate items",
      {
        ...ORDER,
        items: [
          { productId: "sku-mouse", quantity: 1 },
          { productId: "sku-mouse", quantity: 2 },
        ],
      },
    ],
    ["a price that does not match", { ...ORDER, items: [{ productId: "sku-mouse", quantity: 1, price: 0.01 }] }],
    ["a total that does not match", { ...ORDER, total: 1 }],
    ["an unknown currency", { ...ORDER, currency: "XXX" }],
    ["a currency in small letters", { ...ORDER, currency: "eur" }],
    ["an unknown field", { ...ORDER, discount: 100 }],
    ["no address", { items: ORDER.items, currency: "EUR" }],
    ["a blank address", { ...ORDER, shippingAddress: "   " }],
    ["an address with a NUL", { ...ORDER, shippingAddress: "1 Main\u0000Street" }],
    ["an address with half a character", { ...ORDER, shippingAddress: "1 Main \ud800 Street" }],
    ["a product id with unicode", { ...ORDER, items: [{ productId: "sku-\u2603", quantity: 1 }] }],
    ["a list as body", [ORDER]],
  ])("refuses %s with 422 and stores nothing", async (_name, body) => {
    const before = await stored();
    expectProblem(await post(body), 422, "unprocessable");
    expect(await stored()).toBe(before);
  });

  it("accepts unicode where text is free", async () => {
    const address = {
      name: "Zoë Ng\u00f4 \u{1F600}",
      street: "\u4e2d\u5c71\u8def 1",
      postalCode: "10115",
      city: "\u041c\u043e\u0441\u043a\u0432\u0430",
      country: "DE",
    };
    const answer = await post({ ...ORDER, shippingAddress: address, total: 24.9 });
    expect(answer.status).toBe(202);
    const shown = await platform.call("GET", `/orders/${String(answer.body.orderId)}`, { token });
    expect(shown.body.shippingAddress).toEqual(address);
  });

  it("refuses malformed JSON, another media type, and bodies that are too large", async () => {
    const headers = { "idempotency-key": "bad" };
    expectProblem(
      await platform.call("POST", "/orders", { token, text: '{"items":', headers }),
      400,
      "malformed-request",
    );
    expectProblem(await platform.call("POST", "/orders", { token, text: "null", headers }), 422, "unprocessable");
    expectProblem(
      await platform.call("POST", "/orders", {
        token,
        text: "a=b",
        headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
      }),
      415,
      "unsupported-media-type",
    );
    expectProblem(await post({ ...ORDER, shippingAddress: "x".repeat(1_000_000) }), 413, "too-large");
    expectProblem(
      await post({
        ...ORDER,
        items: Array.from({ length: 10_000 }, (_, place) => ({ productId: `p${place}`, quantity: 1 })),
      }),
      413,
      "too-large",
    );
    expectProblem(
      await post({
        ...ORDER,
        items: Array.from({ length: 101 }, (_, place) => ({ productId: `p${place}`, quantity: 1 })),
      }),
      422,
      "unprocessable",
    );
  });

  it("wants an Idempotency-Key and answers its repetition alike", async () => {
    expectProblem(await platform.call("POST", "/orders", { token, body: ORDER }), 400, "idempotency-key-missing");
    expectProblem(await post(ORDER, { "idempotency-key": "x".repeat(300) }), 400, "idempotency-key-missing");
    const first = await post(ORDER, { "idempotency-key": "again" });
    const before = await stored();
    // The order of fields does not make another order.
    const second = await post(
      { shippingAddress: ORDER.shippingAddress, currency: "EUR", items: ORDER.items },
      { "idempotency-key": "again" },
    );
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(await stored()).toBe(before);
    expectProblem(
      await post({ ...ORDER, currency: "USD" }, { "idempotency-key": "again" }),
      422,
      "idempotency-key-reused",
    );
    // The key is the customer's own: somebody else may use the same text.
    const other = await platform.call("POST", "/orders", {
      token: await platform.token("cust-2"),
      body: ORDER,
      headers: { "idempotency-key": "again" },
    });
    expect(other.status).toBe(202);
    expect(other.body.orderId).not.toBe(first.body.orderId);
  });

  it("places one order when the same request comes many times at once", async () => {
    const before = await stored();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(ORDER, { "idempotency-key": "at-once" })));
    expect(answers.filter((answer) => answer.status !== 202 && answer.status !== 409)).toEqual([]);
    expect(new Set(answers.filter((answer) => answer.status === 202).map((answer) => answer.body.orderId)).size).toBe(
      1,
    );
    expect(await stored()).toBe(before + 1);
  });

  it("refuses tokens that are absent, broken, expired, for somebody else, unsigned, or by a foreign key", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const claims = { iss: "https://token.kit.local", aud: "order-platform", sub: "cust-1" };
    const bad: (string | undefined)[] = [
      undefined,
      "x",
      "a.b.c",
      await platform.token("cust-1", { expiresAt: "-1m" }),
      await platform.token("cust-1", { audience: "another" }),
      new UnsecuredJWT(claims).setExpirationTime("5m").encode(),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: "test" })
        .setExpirationTime("5m")
        .sign(privateKey),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", kid: "test" })
        .setExpirationTime("5m")
        .sign(new TextEncoder().encode("x".repeat(32))),
    ];
    for (const value of bad) {
      const answer = await platform.call("GET", "/orders", value === undefined ? {} : { token: value });
      expectProblem(answer, 401, "unauthenticated");
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
    // order-service does not trust the gateway either.
    const direct = await fetch(`http://127.0.0.1:${platform.services.order.httpPort ?? 0}/orders`);
    expect(direct.status).toBe(401);
  });

  it("shows an order to its owner alone", async () => {
    const { body } = await post(ORDER);
    const path = `/orders/${String(body.orderId)}`;
    expect((await platform.call("GET", path, { token })).status).toBe(200);
    expectProblem(await platform.call("GET", path, { token: await platform.token("cust-2") }), 404, "not-found");
    expectProblem(await platform.call("GET", "/orders/not-an-id", { token }), 404, "not-found");
    expectProblem(
      await platform.call("GET", "/orders/00000000-0000-7000-8000-000000000000", { token }),
      404,
      "not-found",
    );
    expectProblem(await platform.call("DELETE", path, { token }), 404, "not-found");
    expectProblem(await platform.call("GET", "/metrics", { token }), 404, "not-found");
  });

  it("pages through a customer's orders, newest first", async () => {
    const customer = await platform.token("cust-pages");
    const placed: unknown[] = [];
    for (let place = 0; place < 5; place += 1) {
      const { body } = await platform.call("POST", "/orders", {
        token: customer,
        body: ORDER,
        headers: { "idempotency-key": `page-${place}` },
      });
      placed.unshift(body.orderId);
    }
    const seen: unknown[] = [];
    let cursor = "";
    do {
      const { body } = await platform.call<{ orders: { orderId: string }[]; next?: string }>(
        "GET",
        `/orders?limit=2${cursor}`,
        { token: customer },
      );
      seen.push(...body.orders.map((order) => order.orderId));
      cursor = body.next === undefined ? "" : `&cursor=${body.next}`;
    } while (cursor !== "");
    expect(seen).toEqual(placed);
    for (const query of ["limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=abc", "unknown=1"]) {
      expectProblem(await platform.call("GET", `/orders?${query}`, { token: customer }), 400, "malformed-request");
    }
  });

  it("serves the price list and its OpenAPI document", async () => {
    const products = await platform.call<{ products: { productId: string; prices: Record<string, number> }[] }>(
      "GET",
      "/products",
      { token },
    );
    expect(products.body.products).toContainEqual({
      productId: "sku-mouse",
      name: "Mouse",
      prices: { EUR: 24.9, USD: 26.9 },
    });
    const document = await platform.call<{ openapi: string; paths: object }>("GET", "/openapi.json");
    expect(document.body.openapi).toBe("3.1.0");
    expect(Object.keys(document.body.paths)).toEqual(["/orders", "/orders/{id}", "/products"]);
  });

  it("limits the rate of one subject without touching another", async () => {
    // So low that a slow machine reaches it too.
    const strict = await startGateway({
      env: {
        ...platform.environment("api-gateway", "1"),
        ORDER_SERVICE_URL: `http://127.0.0.1:${platform.services.order.httpPort ?? 0}`,
        RATE_LIMIT_PER_SECOND: "5",
      },
    });
    try {
      const ask = async (customer: string): Promise<Response> =>
        fetch(`http://127.0.0.1:${strict.httpPort ?? 0}/orders?limit=1`, {
          headers: { authorization: `Bearer ${customer}` },
        });
      const greedy = await platform.token("cust-greedy");
      const refused = (await Promise.all(Array.from({ length: 60 }, () => ask(greedy)))).filter(
        ({ status }) => status === 429,
      );
      expect(refused.length).toBeGreaterThan(0);
      const [first] = refused;
      expect(first?.headers.get("content-type")).toMatch(/^application\/problem\+json/u);
      expect(first?.headers.get("retry-after")).not.toBeNull();
      expect(await first?.json()).toMatchObject({
        status: 429,
        type: "urn:event-platform-kit:problem:too-many-requests",
      });
      expect((await ask(await platform.token("cust-quiet"))).status).toBe(200);
    } finally {
      await strict.stop();
    }
  });

  it("answers bytes that are not HTTP without falling over", async () => {
    const port = platform.services.gateway.httpPort ?? 0;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = createConnection({ host: "127.0.0.1", port }, () => socket.write("NONSENSE\r\n\r\n"));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect((await platform.call("GET", "/openapi.json")).status).toBe(200);
  });

  it("takes new token keys from the file without a restart", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const file = platform.environment("api-gateway", "0").JWT_JWKS_FILE ?? "";
    writeFileSync(
      file,
      JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "next", alg: "ES256", use: "sig" }] }),
    );
    const fresh = await new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid: "next" })
      .setSubject("cust-1")
      .setIssuer("https://token.kit.local")
      .setAudience("order-platform")
      .setExpirationTime("5m")
      .sign(privateKey);
    await expect
      .poll(async () => (await platform.call("GET", "/orders", { token: fresh })).status, { timeout: 5_000 })
      .toBe(200);
    expectProblem(await platform.call("GET", "/orders", { token }), 401, "unauthenticated");
  });
});
