import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../../components/model/load.ts";
import { stackFileJsonSchema, stackFileJsonSchemaPath } from "../../../components/model/stack/stack-json-schema.ts";

const PROJECT_DIR = join(import.meta.dirname, "../../..");

describe("the format of stack files", () => {
  it("is what editors are given; `node components/model/stack/stack-json-schema.ts` regenerates it", async () => {
    expect(await readFile(join(PROJECT_DIR, stackFileJsonSchemaPath), "utf8")).toBe(stackFileJsonSchema());
  });

  it.each(["local", "dev", "staging", "prod"])("accepts the stack %s, which names it for editors", async (stack) => {
    expect(await loadModel(PROJECT_DIR, stack)).toMatchObject({ ok: true });
    expect(await readFile(join(PROJECT_DIR, `stacks/Pulumi.${stack}.yaml`), "utf8")).toContain(
      "# yaml-language-server: $schema=./stack.schema.json",
    );
  });
});
