/**
 * Spans of SQL statements that run within another span. Others have none: polls and checks in the background would hide
 * the rest.
 */
import type { DatabaseConfig } from "../config.ts";
import type { Tracer } from "../tracing/tracer.ts";

/** Runs a statement in a span. The statement's text contains no values: they are sent separately. */
export async function traced<T>(
  tracer: Tracer,
  { host, port, name: database }: Pick<DatabaseConfig, "host" | "port" | "name">,
  { name, text }: { readonly name?: string; readonly text: string },
  send: () => Promise<T>,
): Promise<T> {
  const operation = /^\s*(\w+)/u.exec(text)?.[1]?.toUpperCase() ?? "SQL";
  const span = tracer.start(name ?? operation, {
    kind: "client",
    attributes: {
      "db.system.name": "postgresql",
      "db.namespace": database,
      "db.operation.name": operation,
      "db.query.summary": name,
      "db.query.text": text,
      "server.address": host,
      "server.port": port,
    },
  });
  try {
    const result = await send();
    span.end();
    return result;
  } catch (error) {
    span.end({ error });
    throw error;
  }
}
