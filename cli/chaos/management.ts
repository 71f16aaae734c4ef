/** Documents at services' management addresses. */
import { KitError } from "../errors.ts";

const LIMIT_MS = 5_000;

/** Reads a document. @throws KitError `KIT_CHAOS_FAILED`. */
export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) }).catch((cause: unknown) => {
    throw new KitError("KIT_CHAOS_FAILED", `no answer at ${url}`, { cause });
  });
  if (!response.ok) throw new KitError("KIT_CHAOS_FAILED", `${url} answers ${response.status}`);
  return await response.json();
}

/** Writes a document to the first address that accepts it. @throws KitError `KIT_CHAOS_FAILED` if none does. */
export async function putJson(urls: readonly string[], body: Readonly<Record<string, unknown>>): Promise<void> {
  const refusals: string[] = [];
  for (const url of urls) {
    const response = await fetch(url, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (!(response instanceof Error) && response.ok) {
      await response.body?.cancel();
      return;
    }
    refusals.push(`${url}: ${response instanceof Error ? response.message : response.status}`);
  }
  throw new KitError("KIT_CHAOS_FAILED", `the fault was refused: ${refusals.join("; ")}`, {
    fix: "Services take faults on the local substrate alone (FAULT_INJECTION=on); `npx kit up` starts them so.",
  });
}
