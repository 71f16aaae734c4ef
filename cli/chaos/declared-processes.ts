/**
 * A process as the running platform declares it. Inputs are read from the stack's state of the last `up`, the content of its
 * files from the files themselves, because the state holds secrets encrypted.
 */
import { readFile } from "node:fs/promises";
import type { ProcessSpecification } from "../../components/provider/process/specification.ts";
import { processSchema } from "../../components/provider/process/specification.ts";

const PROCESS_TYPE = "kit:index:Process";

/**
 * @param stateFile - The stack's state in the file backend.
 * @returns `undefined` for a process that is not in the state, or whose inputs or files cannot be read.
 */
export async function declaredProcess(stateFile: string, name: string): Promise<ProcessSpecification | undefined> {
  try {
    const inputs = processInputs(JSON.parse(await readFile(stateFile, "utf8")), name);
    if (inputs === undefined) return undefined;
    const files = Array.isArray(inputs.files) ? await Promise.all(inputs.files.map(withContent)) : [];
    const parsed = processSchema.safeParse({ ...inputs, files });
    return parsed.success ? parsed.data : undefined;
  } catch {
    // The caller has a fallback: it brings the whole platform up.
    return undefined;
  }
}

/** The inputs of a process in the document of a file backend; pure. */
export function processInputs(document: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  const checkpoint = field(document, "checkpoint") ?? document;
  const resources = field(field(checkpoint, "latest") ?? field(checkpoint, "deployment"), "resources");
  if (!Array.isArray(resources)) return undefined;
  const found: unknown = resources.find(
    (resource: unknown) =>
      field(resource, "type") === PROCESS_TYPE && field(field(resource, "inputs"), "name") === name,
  );
  const inputs = field(found, "inputs");
  return typeof inputs === "object" && inputs !== null ? { ...inputs } : undefined;
}

async function withContent(file: unknown): Promise<unknown> {
  const path = field(file, "path");
  if (typeof path !== "string") return file;
  return { ...(typeof file === "object" ? file : {}), content: await readFile(path, "utf8") };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
