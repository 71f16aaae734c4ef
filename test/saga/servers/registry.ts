/** The two calls of a schema registry's Confluent API that services make, over HTTP, with a switch to make it unavailable. */
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestRegistry {
  readonly url: string;
  /** Registers a schema and returns its id. */
  register(subject: string, schema: string): number;
  /** While false, the server answers every call with 503. */
  available: boolean;
  /** Calls answered so far. */
  readonly calls: () => number;
  stop(): Promise<void>;
}

export async function startRegistry(): Promise<TestRegistry> {
  const ids = new Map<string, number>();
  const schemas = new Map<number, string>();
  let calls = 0;
  const registry = { available: true };
  const server: Server = createServer((request, response) => {
    calls += 1;
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/vnd.schemaregistry.v1+json" });
      response.end(JSON.stringify(body));
    };
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (!registry.available) return answer(503, { error_code: 50_301 });
      const { pathname } = new URL(request.url ?? "/", "http://registry");
      const byId = /^\/apis\/ccompat\/v7\/schemas\/ids\/(\d+)$/u.exec(pathname);
      if (byId !== null) {
        const schema = schemas.get(Number(byId[1]));
        return schema === undefined ? answer(404, { error_code: 40_403 }) : answer(200, { schema });
      }
      const bySubject = /^\/apis\/ccompat\/v7\/subjects\/([^/]+)$/u.exec(pathname);
      const subject = decodeURIComponent(bySubject?.[1] ?? "");
      const { schema } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { schema: string };
      const id = ids.get(`${subject}\n${schema}`);
      return id === undefined ? answer(404, { error_code: 40_403 }) : answer(200, { subject, id, version: 1, schema });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(registry, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/apis/ccompat/v7`,
    register(subject: string, schema: string) {
      const key = `${subject}\n${schema}`;
      const id = ids.get(key) ?? schemas.size + 1;
      ids.set(key, id);
      schemas.set(id, schema);
      return id;
    },
    calls: () => calls,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
