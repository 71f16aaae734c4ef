import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeError } from "../../../../cli/errors.ts";
import { loadProject, projectPart, requiredPart } from "../../../../cli/project/load-project.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "project-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const config = (text: string): void => writeFileSync(join(folder, "kit.config.ts"), text);
const described = async (work: Promise<unknown>): Promise<{ code: string; message: string; exitCode: number }> =>
  await work.then(
    () => ({ code: "none", message: "", exitCode: 0 }),
    (error: unknown) => describeError(error),
  );

describe("kit.config.ts", () => {
  it("may be missing: then nothing is known of the project, and what can't do without says so", async () => {
    expect(await loadProject(folder)).toEqual({});
    expect(await projectPart(folder, "verification")).toBeUndefined();
    expect(await described(requiredPart(folder, "verification", "kit chaos"))).toMatchObject({
      code: "KIT_PROJECT_PART_MISSING",
      exitCode: 3,
      message: expect.stringContaining("kit chaos needs `verification`, which kit.config.ts does not name") as string,
    });
  });

  it("gives a part when it is asked for, not before", async () => {
    config(
      `export default { verification: async () => ({ invariants: [] }), other: async () => { throw new Error("loaded too early"); } };`,
    );
    expect(await projectPart(folder, "verification")).toEqual({ invariants: [] });
  });

  it.each([
    ["does not parse", "export default {"],
    ["imports what is not there", 'import "./missing.ts"; export default {};'],
    ["exports nothing", "export const project = {};"],
    ["exports no object", 'export default "project";'],
  ])("is refused with its path when it %s", async (_, text) => {
    config(text);
    expect(await described(loadProject(folder))).toMatchObject({
      code: "KIT_PROJECT_INVALID",
      exitCode: 2,
      message: expect.stringContaining(join(folder, "kit.config.ts")) as string,
    });
  });

  it("of this repository gives every part that it names", async () => {
    for (const [name, part] of Object.entries(await loadProject(resolve("."))))
      if (typeof part === "function") expect([name, typeof (await part())]).toEqual([name, "object"]);
  });
});
