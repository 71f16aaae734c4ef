import { join } from "node:path";

/** The folder of a wrapper module of what only tests need. */
export function wrapperOf(name: string): string {
  return join(import.meta.dirname, "go", name);
}
