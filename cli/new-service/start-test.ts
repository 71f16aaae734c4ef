import type { ServiceNames } from "./names.ts";

/** A first test of a new service: it starts with its own name, imports all its parts, and reports what is missing. */
export function startTest({ service, startFunction }: ServiceNames): string {
  return `import { describe, expect, it } from "vitest";
import { ${startFunction} } from "../src/service.ts";

describe("${service}", () => {
  it("names everything that its environment lacks, at once", async () => {
    await expect(${startFunction}({ env: { SERVICE_NAME: "${service}" } })).rejects.toThrow(/environment of ${service} is not usable[\\s\\S]*MANAGEMENT_PORT is not set/);
  });
});
`;
}
