import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOMS, RULES } from "./floors.ts";

const PARTS = ["index.ts", "kit.config.ts", "components", "policies", "cli", "toolchain", "service-templates"];

/** The imports that break a rule, as `rule: from -> to`. */
async function broken(baseDir: string, parts: readonly string[]): Promise<readonly string[]> {
  const { output } = await cruise(
    [...parts],
    {
      baseDir,
      validate: true,
      ruleSet: { forbidden: [...RULES] },
      doNotFollow: { path: "node_modules" },
      // Types count: a file depends on the files that a reader needs to understand it.
      tsPreCompilationDeps: true,
    },
    // As Node resolves the names of packages.
    { exportsFields: ["exports"], conditionNames: ["node", "import", "default"] },
  );
  if (typeof output === "string") throw new TypeError(output);
  return violations(output);
}

function violations({ summary, modules }: ICruiseResult): readonly string[] {
  if (modules.length === 0) throw new Error("no file was read");
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

describe("imports", () => {
  it("go down only", async () => {
    expect(await broken(resolve("."), PARTS)).toEqual([]);
  });

  describe("that go up", () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "floors-"));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it.each([
      ["below components/model", "components/model/stack/stack.ts", "components/plan/topics.ts"],
      ["below components/databases", "components/databases/postgres.ts", "components/kafka/cluster.ts"],
      ["below policies", "policies/rule.ts", "components/provider/errors.ts"],
      ["below service-templates/lib", "service-templates/lib/consumer/consumer.ts", "components/model/types.ts"],
      [
        "services apart",
        "service-templates/order-service/src/service.ts",
        "service-templates/payment-service/src/service.ts",
      ],
      ["the library by its name", "service-templates/order-service/src/service.ts", "service-templates/lib/clock.ts"],
      ["nothing imports the command line", "components/services/template.ts", "cli/errors.ts"],
      ["acceptance from outside", "service-templates/acceptance/verify/verification.ts", "cli/verify/judge.ts"],
      ["the project's config is a table of contents", "kit.config.ts", "components/plan/plan.ts"],
      ["the kit knows no project", "cli/verify/judge.ts", "service-templates/acceptance/verify/verification.ts"],
      ["the kit knows no project", "cli/project/load-project.ts", "kit.config.ts"],
      ["nothing imports tests", "cli/program.ts", "test/platform/condition.ts"],
    ])("are told: %s", async (rule, from, to) => {
      for (const [file, text] of [
        [to, "export const value = 1;\n"],
        [from, `import "${up(from) === "" ? "./" : up(from)}${to}";\n`],
      ] as const) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      }
      expect(await broken(folder, [from])).toContain(`${rule}: ${from} -> ${to}`);
    });

    it("are told: declared packages", async () => {
      const service = "service-templates/payment-service";
      for (const [file, text] of [
        ["node_modules/undeclared/package.json", '{"name": "undeclared", "exports": "./index.js"}'],
        ["node_modules/undeclared/index.js", ""],
        [`${service}/package.json`, '{"name": "payment-service"}'],
        [`${service}/src/main.ts`, 'import "undeclared";\n'],
      ] as const) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      }
      expect(await broken(folder, [`${service}/src`])).toEqual([
        `declared packages: ${service}/src/main.ts -> node_modules/undeclared/index.js`,
      ]);
    });
  });
});

function up(file: string): string {
  return "../".repeat(file.split("/").length - 1);
}

/** The arrows of the picture, by the rooms' names. */
function pictured(): Map<string, ReadonlySet<string>> {
  const page = readFileSync("ARCHITECTURE.md", "utf8");
  const picture = /<!-- floors -->\n```mermaid\nflowchart BT\n([^`]*)```/u.exec(page)?.[1];
  if (picture === undefined) throw new Error("ARCHITECTURE.md has no picture of the floors");
  const names = new Map<string, string>();
  const arrows = new Map<string, Set<string>>();
  for (const line of picture.trim().split("\n")) {
    const [, id = "", name, to] = /^\s*([\w]+)(?:\["([^"]+)"\])?(?: --> (\w+))?$/u.exec(line) ?? [];
    if (id === "") throw new Error(`ARCHITECTURE.md: ${JSON.stringify(line)} is no line of the picture`);
    if (name !== undefined) names.set(id, name);
    const below = arrows.get(id) ?? new Set();
    if (to !== undefined) below.add(to);
    arrows.set(id, below);
  }
  const named = (id: string): string => names.get(id) ?? id;
  return new Map([...arrows].map(([id, below]) => [named(id), new Set([...below].map(named))]));
}

/** Everything that arrows reach, directly or indirectly. */
function reached(arrows: ReadonlyMap<string, ReadonlySet<string>>, from: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (room: string): void => {
    for (const below of arrows.get(room) ?? []) {
      if (found.has(below)) continue;
      found.add(below);
      visit(below);
    }
  };
  visit(from);
  return found;
}

describe("ARCHITECTURE.md", () => {
  const arrows = pictured();

  it.each(Object.entries(ROOMS))("shows what %s may import", (room, { imports }) => {
    const below = reached(arrows, room);
    expect(
      imports.filter((other) => !below.has(other)),
      "permitted, and not pictured",
    ).toEqual([]);
    expect(
      [...(arrows.get(room) ?? [])].filter((other) => !imports.includes(other)),
      "pictured, and not permitted",
    ).toEqual([]);
  });

  it("points down only", () => {
    for (const room of arrows.keys()) expect(reached(arrows, room).has(room), room).toBe(false);
  });
});
