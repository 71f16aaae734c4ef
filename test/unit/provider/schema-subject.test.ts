import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { makeSchemaSubjectKind } from "../../../components/provider/schemas/schema-subject.ts";
import { unknownMarker, type Values } from "../../../components/provider/values.ts";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}
type Reply = [status: number, body?: unknown];

/** A registry of few words: answers as told, remembers what it was asked. */
async function openRegistry(
  reply: (request: Request, count: number) => Reply,
): Promise<{ url: string; requests: Request[]; [Symbol.asyncDispose](): Promise<void> }> {
  const requests: Request[] = [];
  const read = async (message: IncomingMessage): Promise<string> => {
    let text = "";
    for await (const piece of message) text += String(piece);
    return text;
  };
  const server = createServer((message, answer) => {
    void read(message).then((text) => {
      const request = {
        method: message.method ?? "",
        path: message.url ?? "",
        body: text === "" ? undefined : (JSON.parse(text) as unknown),
      };
      requests.push(request);
      const [status, body] = reply(request, requests.length);
      answer
        .writeHead(status, { "content-type": "application/json" })
        .end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/apis/ccompat/v7`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address at which nobody listens. */
async function deadAddress(): Promise<string> {
  await using registry = await openRegistry(() => [200]);
  return registry.url;
}

const subject = "order-events-com.globalmart.events.OrderCreated";
const schema = '{"type":"record","name":"OrderCreated","fields":[]}';
const inputsFor = (registryUrl: string, change: Values = {}): Values => ({
  registryUrl,
  subject,
  schema,
  compatibility: "BACKWARD",
  ...change,
});
const kind = makeSchemaSubjectKind({ retrySeconds: 3, random: () => 0 });
const note = (): void => undefined;

describe("in a preview", () => {
  test("an incompatible schema fails on its property with the registry's own words", async () => {
    await using registry = await openRegistry(() => [
      200,
      { is_compatible: false, messages: ["READER_FIELD_MISSING_DEFAULT_VALUE at /fields/3"] },
    ]);
    const [failure, ...others] = await kind.check({ news: inputsFor(registry.url), olds: undefined, note });
    expect(others).toEqual([]);
    expect(failure?.property).toBe("schema");
    expect(failure?.reason).toMatch(/BACKWARD.*READER_FIELD_MISSING_DEFAULT_VALUE at \/fields\/3.*To fix it/);
    expect(registry.requests).toEqual([
      {
        method: "POST",
        path: `/apis/ccompat/v7/compatibility/subjects/${subject}/versions/latest?verbose=true`,
        body: { schema, schemaType: "AVRO" },
      },
    ]);
  });

  test("a text that is no schema fails likewise", async () => {
    await using registry = await openRegistry(() => [422, { error_code: 42201, message: "Invalid schema" }]);
    expect(await kind.check({ news: inputsFor(registry.url), olds: undefined, note })).toMatchObject([
      { property: "schema", reason: expect.stringContaining("Invalid schema") },
    ]);
  });

  test.each([
    ["the subject is new", [404, { error_code: 40401, message: "Subject not found" }]],
    ["the schema is compatible", [200, { is_compatible: true }]],
  ] as const)("passes when %s", async (_, [status, body]) => {
    await using registry = await openRegistry(() => [status, body]);
    expect(await kind.check({ news: inputsFor(registry.url), olds: undefined, note })).toEqual([]);
    expect(registry.requests).toHaveLength(1);
  });

  test("passes without asking when nothing of the schema changed, the address is not known, or no level is asked for", async () => {
    await using registry = await openRegistry(() => [500]);
    expect(await kind.check({ news: inputsFor(registry.url), olds: inputsFor(registry.url), note })).toEqual([]);
    expect(await kind.check({ news: inputsFor(unknownMarker), olds: undefined, note })).toEqual([]);
    expect(
      await kind.check({ news: inputsFor(registry.url, { compatibility: "NONE" }), olds: undefined, note }),
    ).toEqual([]);
    expect(registry.requests).toEqual([]);
  });

  test("passes when there is no registry yet; with a subject on record it says that nobody judged", async () => {
    const gone = await deadAddress();
    const notes: string[] = [];
    const keep = (text: string): void => void notes.push(text);
    expect(await kind.check({ news: inputsFor(gone), olds: undefined, note: keep })).toEqual([]);
    expect(notes).toEqual([]);
    expect(await kind.check({ news: inputsFor(gone), olds: inputsFor(gone, { schema: "{}" }), note: keep })).toEqual(
      [],
    );
    expect(notes).toHaveLength(1);
  });
});

describe("on up", () => {
  test("the level is set, the schema registered, its id and version kept", async () => {
    await using registry = await openRegistry(({ method, path }) => {
      if (method === "PUT") return [200, { compatibility: "BACKWARD" }];
      return path.endsWith("/versions") ? [200, { id: 7 }] : [200, { subject, id: 7, version: 2, schema }];
    });
    expect(await kind.create({ inputs: inputsFor(registry.url), note })).toEqual({
      id: subject,
      computed: { schemaId: 7, version: 2 },
    });
    expect(registry.requests.map(({ method, path }) => `${method} ${path.slice("/apis/ccompat/v7".length)}`)).toEqual([
      `PUT /config/${subject}`,
      `POST /subjects/${subject}/versions`,
      `POST /subjects/${subject}`,
    ]);
  });

  test("a registry that knows no level of a subject without versions gets it afterwards", async () => {
    let registered = false;
    await using registry = await openRegistry(({ method, path }) => {
      if (method === "PUT") return registered ? [200, {}] : [404, { error_code: 40401, message: "not found" }];
      registered = true;
      return path.endsWith("/versions") ? [200, { id: 1 }] : [200, { id: 1, version: 1 }];
    });
    await kind.create({ inputs: inputsFor(registry.url), note });
    expect(registry.requests.map(({ method }) => method)).toEqual(["PUT", "POST", "POST", "PUT"]);
  });

  test("what passes is tried again", async () => {
    await using registry = await openRegistry(({ method, path }, count) => {
      if (count < 3) return [503, { message: "starting" }];
      if (method === "PUT") return [200, {}];
      return path.endsWith("/versions") ? [200, { id: 1 }] : [200, { id: 1, version: 1 }];
    });
    expect((await kind.create({ inputs: inputsFor(registry.url), note })).computed).toEqual({
      schemaId: 1,
      version: 1,
    });
    expect(registry.requests).toHaveLength(5);
  });

  test("what stays is told: address, request, reason, tries", async () => {
    const quick = makeSchemaSubjectKind({ retrySeconds: 0.5, random: () => 0 });
    await expect(quick.create({ inputs: inputsFor(await deadAddress()), note })).rejects.toThrow(
      /127\.0\.0\.1:\d+\/apis\/ccompat\/v7.*PUT \/config.*ECONNREFUSED.*tried [2-9] times/,
    );
  });

  test("a schema refused at the last moment: the registry's words and the fix", async () => {
    await using registry = await openRegistry(({ method }) =>
      method === "PUT" ? [200, {}] : [409, { error_code: 409, message: "Incompatible schema: field x" }],
    );
    await expect(
      kind.update({ id: subject, inputs: inputsFor(registry.url), olds: {}, state: {}, note }),
    ).rejects.toThrow(/Incompatible schema: field x.*To fix it/);
  });

  test("an address that is no such API is told as that", async () => {
    await using registry = await openRegistry(() => [200, "<html>"]);
    await expect(kind.create({ inputs: inputsFor(registry.url), note })).rejects.toMatchObject({
      code: "registry-refused",
      fix: expect.stringContaining("/apis/ccompat/v7"),
    });
  });
});

describe("afterwards", () => {
  test("a registry that lost the subject shows in the diff, one that cannot be asked does not", async () => {
    await using registry = await openRegistry(() => [404, { error_code: 40401, message: "Subject not found" }]);
    const inputs = inputsFor(registry.url);
    expect((await kind.diff({ id: subject, olds: inputs, news: inputs, state: inputs, note })).changes).toEqual([
      { path: "schemaId", change: "update", side: "output" },
    ]);
    const gone = inputsFor(await deadAddress());
    expect((await kind.diff({ id: subject, olds: gone, news: gone, state: gone, note })).changes).toEqual([]);
    expect(await kind.read({ id: subject, inputs, state: inputs, note })).toBeUndefined();
  });

  test("removing is asked for once and may be repeated", async () => {
    await using registry = await openRegistry((_, count) => (count === 1 ? [200, [1]] : [404, { error_code: 40401 }]));
    await kind.delete({ id: subject, inputs: inputsFor(registry.url), state: {}, note });
    await kind.delete({ id: subject, inputs: inputsFor(registry.url), state: {}, note });
    expect(registry.requests.map(({ method }) => method)).toEqual(["DELETE", "DELETE"]);
  });
});
