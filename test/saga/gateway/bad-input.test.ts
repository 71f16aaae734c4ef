/**
 * Sends everything that a client may send and that is not an order through the gateway of the whole platform. Each request is
 * rejected as problem+json that names the location, with a status that the OpenAPI document lists, and leaves nothing behind.
 * Unusual but allowed input is returned unchanged.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importPKCS8, SignJWT } from "jose";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AUDIENCE, ISSUER, signToken } from "../../../cli/tokens.ts";
import { connectAs } from "../../platform/databases.ts";
import { statusFile, testPlatform } from "../../platform/test-platform.ts";

const MOUSE = { productId: "sku-mouse", quantity: 1 };
const ORDER = { items: [MOUSE], currency: "EUR", shippingAddress: "1 Main Street, Berlin" };
const ADDRESS = { name: "A. Person", street: "1 Main Street", postalCode: "10115", city: "Berlin", country: "DE" };
const MEGABYTE = 1_000_000;
/** Below the limit of a body, above that of every field. */
const LONG = 200_000;
const HOUR = 3_600;

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly requestId?: string;
  readonly errors?: readonly { readonly at: string; readonly message: string }[];
}

interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

describe("what the gateway is sent and must not take", () => {
  const platform = testPlatform();
  const { gateway } = statusFile(platform).endpoints;
  let orders: pg.Client;
  let documented: ReadonlySet<number>;
  beforeAll(async () => {
    orders = await connectAs(platform, "order-service");
    const response = await fetch(`${gateway}/openapi.json`, { signal: AbortSignal.timeout(15_000) });
    const document = (await response.json()) as {
      paths: Record<string, { post?: { responses: Record<string, unknown> } }>;
    };
    documented = new Set(Object.keys(document.paths["/orders"]?.post?.responses ?? {}).map(Number));
    expect(documented).toContain(202);
  });
  afterAll(() => orders?.end());

  const newCustomer = (): string => `odd-${randomUUID()}`;
  async function tokenOf(customer: string): Promise<string> {
    return (await signToken(platform.stateDir, { subject: customer, ttlMs: 300_000, now: Date.now() })).token;
  }

  /** Sends a body as it is. A header that is null is left out. */
  async function send(
    token: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    headers: Readonly<Record<string, string | null>> = {},
  ): Promise<Answer> {
    const all: Record<string, string | null> = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
      ...headers,
    };
    const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
    const response = await fetch(`${gateway}/orders`, {
      method: "POST",
      headers: sent,
      // As bytes: for a text, fetch would add a content type where there is to be none.
      ...(body === undefined ? {} : { body: typeof body === "string" ? new TextEncoder().encode(body) : body }),
      signal: AbortSignal.timeout(20_000),
    });
    return {
      status: response.status,
      mediaType: response.headers.get("content-type") ?? "",
      text: await response.text(),
    };
  }

  /** Rows of a customer in order-service, and events without their order. */
  async function held(customer: string): Promise<{ orders: number; keys: number; strayEvents: number }> {
    const { rows } = await orders.query<{ orders: string; keys: string; stray: string }>(
      `SELECT (SELECT count(*) FROM orders WHERE customer_id = $1) AS orders,
              (SELECT count(*) FROM idempotency_keys WHERE customer_id = $1) AS keys,
              (SELECT count(*) FROM (SELECT key FROM outbox WHERE event_type = 'order.created' UNION ALL SELECT key FROM outbox_published WHERE event_type = 'order.created') AS event
                WHERE NOT EXISTS (SELECT FROM orders WHERE order_id::text = convert_from(event.key, 'UTF8'))) AS stray`,
      [customer],
    );
    const [row] = rows;
    return { orders: Number(row?.orders), keys: Number(row?.keys), strayEvents: Number(row?.stray) };
  }

  function expectProblem(answer: Answer, status: number, type: string, at?: string): void {
    expect({ status: answer.status, mediaType: answer.mediaType.split(";")[0] }, answer.text.slice(0, 500)).toEqual({
      status,
      mediaType: "application/problem+json",
    });
    const problem = JSON.parse(answer.text) as Problem;
    expect(problem).toMatchObject({
      status,
      type: `urn:event-platform-kit:problem:${type}`,
      title: expect.any(String),
      requestId: expect.any(String),
    });
    expect(documented, `status ${status} is not in the OpenAPI document`).toContain(status);
    // The answer contains neither code nor the whole request.
    expect(answer.text).not.toMatch(/\bat .*\.ts|node_modules|SELECT |INSERT /);
    expect(answer.text.length).toBeLessThan(20_000);
    if (at !== undefined) expect(problem.errors?.map((error) => error.at)).toContain(at);
  }

  async function refused(
    body: string | Uint8Array<ArrayBuffer> | undefined,
    status: number,
    type: string,
    options: { readonly at?: string; readonly headers?: Readonly<Record<string, string | null>> } = {},
  ): Promise<void> {
    const customer = newCustomer();
    const answer = await send(await tokenOf(customer), body, options.headers);
    expectProblem(answer, status, type, options.at);
    expect(await held(customer)).toEqual({ orders: 0, keys: 0, strayEvents: 0 });
  }
  const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(
      parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [...part])),
    );

  describe("bytes that are no JSON, or JSON that is no object", () => {
    it.each<[string, string | Uint8Array<ArrayBuffer> | undefined]>([
      ["nothing", undefined],
      ["an empty body", ""],
      ["white space", "  \n"],
      ["an object that ends too soon", '{"items": ['],
      ["a comma too many", `${JSON.stringify(ORDER).slice(0, -1)},}`],
      ["single quotes", "{'currency': 'EUR'}"],
      ["NaN", JSON.stringify(ORDER).replace('"quantity":1', '"quantity":NaN')],
      ["a comment", `/* order */ ${JSON.stringify(ORDER)}`],
      ["two documents", `${JSON.stringify(ORDER)}${JSON.stringify(ORDER)}`],
      ["a line break within a text", JSON.stringify(ORDER).replace("1 Main", "1\nMain")],
      ["UTF-16", new Uint8Array(Buffer.from(JSON.stringify(ORDER), "utf16le"))],
      [
        "a key that would change prototypes",
        JSON.stringify(ORDER).replace('"currency"', '"__proto__":{"admin":true},"currency"'),
      ],
      [
        "a constructor's prototype",
        JSON.stringify(ORDER).replace('"currency"', '"constructor":{"prototype":{"admin":true}},"currency"'),
      ],
    ])("%s", async (_, body) => {
      await refused(body, 400, "malformed-request");
    });

    it.each<[string, string]>([
      ["a list", JSON.stringify([ORDER])],
      ["a text", '"order"'],
      ["a number", "1"],
      ["true", "true"],
    ])("%s", async (_, body) => {
      await refused(body, 422, "unprocessable", { at: "/" });
    });

    it("bytes that are no UTF-8 do not get in as something else", async () => {
      const customer = newCustomer();
      const [before, after] = JSON.stringify(ORDER).split("1 Main") as [string, string];
      const answer = await send(await tokenOf(customer), bytes(before, [0xc3, 0x28, 0xff], after));
      if (answer.status === 202) {
        const { rows } = await orders.query<{ address: string }>(
          "SELECT shipping_address #>> '{}' AS address FROM orders WHERE customer_id = $1",
          [customer],
        );
        expect(rows).toEqual([{ address: "\ufffd(\ufffd Street, Berlin" }]);
      } else expectProblem(answer, 400, "malformed-request");
    });
  });

  describe("another content type", () => {
    it.each<[string, string | null]>([
      ["none", null],
      ["text", "text/plain"],
      ["a form", "application/x-www-form-urlencoded"],
      ["a form with parts", "multipart/form-data; boundary=x"],
      ["XML", "application/xml"],
      ["JSON of another kind", "application/vnd.api+json"],
      ["no media type at all", "json"],
    ])("%s", async (_, type) => {
      await refused(JSON.stringify(ORDER), 415, "unsupported-media-type", { headers: { "content-type": type } });
    });
  });

  describe("values out of bounds, with the place that is wrong", () => {
    const withItem = (item: object): string => JSON.stringify({ ...ORDER, items: [{ ...MOUSE, ...item }] });
    it.each<[string, string, string]>([
      ["an unknown product", withItem({ productId: "sku-nowhere" }), "/items/0/productId"],
      ["a product without an id", withItem({ productId: "" }), "/items/0/productId"],
      ["a product id that is a path", withItem({ productId: "../sku-mouse" }), "/items/0/productId"],
      ["SQL as a product id", withItem({ productId: "x'; DROP TABLE orders; --" }), "/items/0/productId"],
      ["a quantity of zero", withItem({ quantity: 0 }), "/items/0/quantity"],
      ["minus zero", withItem({}).replace('"quantity":1', '"quantity":-0'), "/items/0/quantity"],
      ["a negative quantity", withItem({ quantity: -1 }), "/items/0/quantity"],
      ["one above the limit", withItem({ quantity: 1_001 }), "/items/0/quantity"],
      ["more than 32 bits", withItem({ quantity: 2 ** 32 + 1 }), "/items/0/quantity"],
      [
        "more than 64 bits",
        withItem({}).replace('"quantity":1', '"quantity":18446744073709551617'),
        "/items/0/quantity",
      ],
      ["more than a double", withItem({}).replace('"quantity":1', '"quantity":1e400'), "/items/0/quantity"],
      ["half a piece", withItem({ quantity: 0.5 }), "/items/0/quantity"],
      ["a little more than one", withItem({ quantity: 1.000001 }), "/items/0/quantity"],
      ["a quantity as text", withItem({ quantity: "1" }), "/items/0/quantity"],
      ["no quantity", withItem({ quantity: null }), "/items/0/quantity"],
      ["a price that is not the list's", withItem({ price: 24.89 }), "/items/0/price"],
      ["a price with a third place", withItem({ price: 24.901 }), "/items/0/price"],
      ["a price of zero", withItem({ price: 0 }), "/items/0/price"],
      ["a negative price", withItem({ price: -24.9 }), "/items/0/price"],
      ["a price beyond all", withItem({ price: 1e308 }), "/items/0/price"],
      ["a price as text", withItem({ price: "24.90" }), "/items/0/price"],
      ["a total that is a cent off", JSON.stringify({ ...ORDER, total: 24.91 }), "/total"],
      [
        "a total of another quantity",
        JSON.stringify({ ...ORDER, items: [{ ...MOUSE, quantity: 2 }], total: 24.9 }),
        "/total",
      ],
      ["a total of zero", JSON.stringify({ ...ORDER, total: 0 }), "/total"],
      ["a negative total", JSON.stringify({ ...ORDER, total: -24.9 }), "/total"],
      ["a currency nobody has", JSON.stringify({ ...ORDER, currency: "XXX" }), "/items/0/productId"],
      ["a currency in small letters", JSON.stringify({ ...ORDER, currency: "eur" }), "/currency"],
      ["a currency's sign", JSON.stringify({ ...ORDER, currency: "\u20ac" }), "/currency"],
      ["a currency in Cyrillic letters", JSON.stringify({ ...ORDER, currency: "\u0415UR" }), "/currency"],
      ["a currency and a line end", JSON.stringify({ ...ORDER, currency: "EUR\n" }), "/currency"],
      ["a currency's number", JSON.stringify({ ...ORDER, currency: 978 }), "/currency"],
      ["no items", JSON.stringify({ ...ORDER, items: [] }), "/items"],
      ["an item that is none", JSON.stringify({ ...ORDER, items: [null] }), "/items/0"],
      ["items as an object", JSON.stringify({ ...ORDER, items: { 0: MOUSE } }), "/items"],
      ["the same item twice", JSON.stringify({ ...ORDER, items: [MOUSE, MOUSE] }), "/items/1/productId"],
      [
        "the same item a hundred times",
        JSON.stringify({ ...ORDER, items: Array.from({ length: 100 }, () => MOUSE) }),
        "/items/99/productId",
      ],
      [
        "101 items",
        JSON.stringify({
          ...ORDER,
          items: Array.from({ length: 101 }, (_, place) => ({ ...MOUSE, productId: `sku-${place}` })),
        }),
        "/items",
      ],
      ["an unknown field", JSON.stringify({ ...ORDER, "r\u00e9duction": 100 }), "/"],
      ["a customer that is not oneself", JSON.stringify({ ...ORDER, customerId: "somebody-else" }), "/"],
      ["an unknown field of an item", withItem({ discount: 1 }), "/items/0"],
    ])("%s", async (_, body, at) => {
      await refused(body, 422, "unprocessable", { at });
    });
  });

  describe("too much of it", () => {
    it.each<[string, string]>([
      ["a product id of 1 MB", JSON.stringify({ ...ORDER, items: [{ ...MOUSE, productId: "x".repeat(MEGABYTE) }] })],
      ["a currency of 1 MB", JSON.stringify({ ...ORDER, currency: "E".repeat(MEGABYTE) })],
      ["an address of 1 MB", JSON.stringify({ ...ORDER, shippingAddress: "x".repeat(MEGABYTE) })],
      ["a city of 1 MB", JSON.stringify({ ...ORDER, shippingAddress: { ...ADDRESS, city: "x".repeat(MEGABYTE) } })],
      ["an unknown field of 1 MB", JSON.stringify({ ...ORDER, note: "x".repeat(MEGABYTE) })],
      ["a field whose name has 1 MB", JSON.stringify({ ...ORDER, ["x".repeat(MEGABYTE)]: 1 })],
      ["a number of 1 MB", JSON.stringify(ORDER).replace('"quantity":1', `"quantity":${"1".repeat(MEGABYTE)}`)],
      ["1 MB of white space", `${" ".repeat(MEGABYTE)}${JSON.stringify(ORDER)}`],
      [
        "10,000 items",
        JSON.stringify({
          ...ORDER,
          items: Array.from({ length: 10_000 }, (_, place) => ({ productId: `sku-${place}`, quantity: 1 })),
        }),
      ],
    ])("%s", async (_, body) => {
      await refused(body, 413, "too-large");
    });

    it.each<[string, string, string]>([
      [
        "a product id of 200 kB",
        JSON.stringify({ ...ORDER, items: [{ ...MOUSE, productId: "x".repeat(LONG) }] }),
        "/items/0/productId",
      ],
      ["a currency of 200 kB", JSON.stringify({ ...ORDER, currency: "E".repeat(LONG) }), "/currency"],
      ["an address of 200 kB", JSON.stringify({ ...ORDER, shippingAddress: "x".repeat(LONG) }), "/shippingAddress"],
      [
        "a street of 200 kB",
        JSON.stringify({ ...ORDER, shippingAddress: { ...ADDRESS, street: "x".repeat(LONG) } }),
        "/shippingAddress/street",
      ],
      ["a field whose name has 200 kB", JSON.stringify({ ...ORDER, ["x".repeat(LONG)]: 1 }), "/"],
      [
        "a number with 200,000 digits",
        JSON.stringify(ORDER).replace('"quantity":1', `"quantity":${"1".repeat(LONG)}`),
        "/items/0/quantity",
      ],
      [
        "8,000 items",
        JSON.stringify({ ...ORDER, items: Array.from({ length: 8_000 }, () => ({ productId: "a", quantity: 1 })) }),
        "/items",
      ],
      [
        "8,000 items, each of them wrong",
        JSON.stringify({ ...ORDER, items: Array.from({ length: 8_000 }, () => ({ productId: "!", quantity: 0 })) }),
        "/items",
      ],
      [
        "20,000 unknown fields",
        JSON.stringify({
          ...ORDER,
          ...Object.fromEntries(Array.from({ length: 20_000 }, (_, place) => [`f${place}`, 1])),
        }),
        "/",
      ],
      [
        "a list 50,000 deep",
        JSON.stringify({ ...ORDER, items: "deep" }).replace('"deep"', `${"[".repeat(50_000)}${"]".repeat(50_000)}`),
        "/items/0",
      ],
      [
        "an address 30,000 deep",
        JSON.stringify({ ...ORDER, shippingAddress: "deep" }).replace(
          '"deep"',
          `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}`,
        ),
        "/shippingAddress",
      ],
    ])("%s", async (_, body, at) => {
      await refused(body, 422, "unprocessable", { at });
    });
  });

  describe("headers", () => {
    it.each<[string, string | null]>([
      ["no Idempotency-Key", null],
      ["an empty one", ""],
      ["one with 256 characters", "k".repeat(256)],
      ["one with 8,000 characters", "k".repeat(8_000)],
      ["one with a blank", "my key"],
      ["one with an umlaut", "schl\u00fcssel"],
      ["two of them", "first, second"],
    ])("%s", async (_, key) => {
      await refused(JSON.stringify(ORDER), 400, "idempotency-key-missing", { headers: { "idempotency-key": key } });
    });

    it("the longest Idempotency-Key is taken, and gives the same order again", async () => {
      const token = await tokenOf(newCustomer());
      const headers = { "idempotency-key": "~".repeat(255) };
      const [first, second] = [
        await send(token, JSON.stringify(ORDER), headers),
        await send(token, JSON.stringify(ORDER), headers),
      ];
      expect(first.status).toBe(202);
      expect(second).toEqual(first);
    });

    it("headers of 100 kB are refused, and the gateway goes on", async () => {
      const customer = newCustomer();
      const token = await tokenOf(customer);
      const answer = await send(token, JSON.stringify(ORDER), { "idempotency-key": "k".repeat(100_000) });
      expect(answer.status).toBe(431);
      expect(await held(customer)).toEqual({ orders: 0, keys: 0, strayEvents: 0 });
      expect((await send(token, JSON.stringify(ORDER))).status).toBe(202);
    });
  });

  describe("a token whose clock is off", () => {
    /** A good token but for its times, in seconds from now. */
    async function signed(
      customer: string,
      times: { readonly issued: number; readonly notBefore?: number; readonly expires: number },
    ): Promise<string> {
      const folder = join(platform.stateDir, "local", "files");
      const { keys } = JSON.parse(readFileSync(join(folder, "jwks.json"), "utf8")) as { keys: { kid: string }[] };
      const now = Math.floor(Date.now() / 1_000);
      const token = new SignJWT({})
        .setProtectedHeader({ alg: "ES256", kid: keys[0]?.kid ?? "" })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(customer)
        .setIssuedAt(now + times.issued)
        .setExpirationTime(now + times.expires);
      if (times.notBefore !== undefined) token.setNotBefore(now + times.notBefore);
      return token.sign(await importPKCS8(readFileSync(join(folder, "token-issuer.key"), "utf8"), "ES256"));
    }

    it.each<[string, { issued: number; notBefore?: number; expires: number }]>([
      ["an hour behind: it has expired", { issued: -HOUR, notBefore: -HOUR, expires: -HOUR + 300 }],
      ["an hour ahead: it is not valid yet", { issued: HOUR, notBefore: HOUR, expires: 2 * HOUR }],
      ["a minute behind", { issued: -360, notBefore: -360, expires: -60 }],
      ["a minute ahead", { issued: 60, notBefore: 60, expires: 360 }],
    ])("by %s", async (_, times) => {
      const customer = newCustomer();
      expectProblem(await send(await signed(customer, times), JSON.stringify(ORDER)), 401, "unauthenticated");
      expect(await held(customer)).toEqual({ orders: 0, keys: 0, strayEvents: 0 });
    });

    it("by a second or two is taken, and the order's times are the platform's", async () => {
      const customer = newCustomer();
      const before = Date.now();
      expect(
        (await send(await signed(customer, { issued: 2, notBefore: 2, expires: 300 }), JSON.stringify(ORDER))).status,
      ).toBe(202);
      const { rows } = await orders.query<{ created_at: Date }>(
        "SELECT created_at FROM orders WHERE customer_id = $1",
        [customer],
      );
      expect(Math.abs((rows[0]?.created_at.getTime() ?? 0) - before)).toBeLessThan(60_000);
    });
  });

  describe("Unicode", () => {
    const PARTS = ["name", "street", "postalCode", "city"] as const;
    const fields: [string, (text: string) => object][] = [
      ["the address", (text) => ({ ...ORDER, shippingAddress: `1 ${text}` })],
      ...PARTS.map((part): [string, (text: string) => object] => [
        `its ${part}`,
        (text) => ({ ...ORDER, shippingAddress: { ...ADDRESS, [part]: `1 ${text}` } }),
      ]),
    ];
    const kept: [string, string][] = [
      ["right to left", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627"],
      ["the override of direction", "\u202egnp.exe\u202c"],
      ["a family in one sign", "\u{1F468}\u200d\u{1F469}\u200d\u{1F467}"],
      ["a letter and its accent apart", "e\u0301 \u00e9"],
      ["many accents", `z${"\u0301".repeat(15)}`],
      ["signs beyond 16 bits", "\u{20000}\u{10FFFF}"],
      ["a byte order mark inside", "a\ufeffb"],
      ["a code point that is no character", "\uffff\ufffe"],
      ["quotes and backslashes", "\\\"'`${x}</script>"],
      ["a line separator", "a\u2028b\u2029c"],
    ];
    const impossible: [string, string][] = [
      ["NUL", "a\\u0000b"],
      ["the first half of a pair", "a\\ud800b"],
      ["the second half of a pair", "a\\udc00b"],
      ["a pair the wrong way round", "\\udc00\\ud800"],
      ["an escape of terminals", "a\\u001b[31mb"],
      ["a tabulator", "a\\tb"],
      ["a control character above ASCII", "a\\u0085b"],
    ];

    it.each(
      fields.flatMap(([field, bodyOf]) =>
        kept.map(([what, text]): [string, string, (text: string) => object, string] => [what, field, bodyOf, text]),
      ),
    )("%s in %s: stored and given back unchanged", async (_what, field, bodyOf, text) => {
      // Postal codes are short.
      const body = bodyOf(field === "its postalCode" ? [...text].slice(0, 6).join("") : text) as {
        shippingAddress: unknown;
      };
      const customer = newCustomer();
      const token = await tokenOf(customer);
      const answer = await send(token, JSON.stringify(body));
      expect(answer.status, answer.text).toBe(202);
      const { orderId } = JSON.parse(answer.text) as { orderId: string };
      const shown = await fetch(`${gateway}/orders/${orderId}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(15_000),
      });
      expect(((await shown.json()) as { shippingAddress: unknown }).shippingAddress).toEqual(body.shippingAddress);
      const { rows } = await orders.query<{ shipping_address: unknown }>(
        "SELECT shipping_address FROM orders WHERE order_id = $1",
        [orderId],
      );
      expect(rows).toEqual([{ shipping_address: body.shippingAddress }]);
    });

    it.each(
      fields.flatMap(([field, bodyOf]) =>
        impossible.map(([what, escaped]): [string, string, string] => [
          what,
          field,
          JSON.stringify(bodyOf("MARK")).replace("MARK", escaped),
        ]),
      ),
    )("%s in %s: refused with its place", async (_what, field, body) => {
      await refused(body, 422, "unprocessable", {
        at: field === "the address" ? "/shippingAddress" : `/shippingAddress/${field.slice(4)}`,
      });
    });

    it.each<[string, string, string]>([
      [
        "a product id",
        JSON.stringify({ ...ORDER, items: [{ ...MOUSE, productId: "sku-\u2603" }] }),
        "/items/0/productId",
      ],
      [
        "a product id with NUL",
        JSON.stringify({ ...ORDER, items: [{ ...MOUSE, productId: "sku-mouse\u0000" }] }),
        "/items/0/productId",
      ],
      [
        "a product id with half a pair",
        JSON.stringify({ ...ORDER, items: [{ ...MOUSE, productId: "sku\ud800" }] }),
        "/items/0/productId",
      ],
      [
        "a product id in full width",
        JSON.stringify({ ...ORDER, items: [{ ...MOUSE, productId: "\uff53ku-mouse" }] }),
        "/items/0/productId",
      ],
      [
        "a country",
        JSON.stringify({ ...ORDER, shippingAddress: { ...ADDRESS, country: "\u{1F1E9}\u{1F1EA}" } }),
        "/shippingAddress/country",
      ],
      [
        "a blank address of wide blanks",
        JSON.stringify({ ...ORDER, shippingAddress: "\u3000\u2003" }),
        "/shippingAddress",
      ],
    ])("in %s: refused with its place", async (_what, body, at) => {
      await refused(body, 422, "unprocessable", { at });
    });
  });
});
