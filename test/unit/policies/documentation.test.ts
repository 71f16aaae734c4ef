import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  documentation,
  documentationPath,
  exceptionsJsonSchema,
  exceptionsJsonSchemaPath,
} from "../../../policies/documentation.ts";

test.each([
  [documentationPath, documentation],
  [exceptionsJsonSchemaPath, exceptionsJsonSchema],
])("%s is what `node policies/documentation.ts` writes", (path, made) => {
  expect(readFileSync(path, "utf8")).toBe(made());
});
