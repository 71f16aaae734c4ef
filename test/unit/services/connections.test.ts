import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectionsNeeded, type DatabaseUser, maxConnections } from "../../../components/databases/connections.ts";
import { loadModel } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import { planPlatform } from "../../../components/plan/plan.ts";
import { databaseUsers } from "../../../components/services/database-users.ts";
import { readServiceTemplates } from "../../../components/services/template.ts";
import { PROJECT_DIR } from "../../platform/kit-command.ts";

const user = (connections: number, instances: number): DatabaseUser => ({
  service: "order-service",
  connections,
  instances,
});
const templates = readServiceTemplates(join(PROJECT_DIR, "service-templates"));

async function usersOf(stack: string): Promise<readonly DatabaseUser[]> {
  const { model, stack: settings } = expectRead(await loadModel(PROJECT_DIR, stack));
  return databaseUsers(templates, settings, planPlatform(model, settings));
}

describe("connections of PostgreSQL", () => {
  it.each<[what: string, users: readonly DatabaseUser[], needed: number, max: number]>([
    ["no service: the reserve, and the least", [], 30, 150],
    ["a service's instances, its migration and the reserve", [user(14, 2)], 59, 150],
    ["services add up", [user(14, 6), user(12, 10)], 236, 250],
    ["a full step is enough", [user(119, 1)], 150, 150],
    ["one more takes another step", [user(120, 1)], 151, 200],
    ["what is switched off needs its migration alone", [user(14, 0)], 31, 150],
  ])("%s", (_what, users, needed, max) => {
    expect(connectionsNeeded(users)).toBe(needed);
    expect(maxConnections(users)).toBe(max);
  });

  it("are never fewer than needed, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            service: fc.constant("s"),
            connections: fc.integer({ min: 1, max: 50 }),
            instances: fc.integer({ min: 0, max: 200 }),
          }),
        ),
        (users) => {
          expect(maxConnections(users)).toBeGreaterThanOrEqual(connectionsNeeded(users));
        },
      ),
    );
  });

  it.each([
    ["local", 100, 150],
    ["dev", 164, 200],
    ["staging", 548, 550],
    ["prod", 1_728, 1_750],
  ])(
    "in the stack %s follow from its replicas, what its autoscaler may add and a rollout under way",
    async (stack, needed, max) => {
      const users = await usersOf(stack);
      expect([connectionsNeeded(users), maxConnections(users)]).toEqual([needed, max]);
      const guide = readFileSync(join(PROJECT_DIR, "docs/guide/kubernetes.md"), "utf8")
        .split("\n")
        .find((line) => line.startsWith("| connections of PostgreSQL"));
      if (stack !== "local") expect(guide).toContain(`| ${max} `);
    },
  );

  it.each(
    templates
      .filter(({ database }) => database !== undefined)
      .map(({ name, database }) => [name, database?.connections ?? 0] as const),
  )("of %s are those that its pools have", (name, declared) => {
    const library = readFileSync(join(PROJECT_DIR, "service-templates/lib/storage/database.ts"), "utf8");
    const own = /max: options\.connections \?\? (\d+)/.exec(library)?.[1];
    const folder = join(PROJECT_DIR, "service-templates", name, "src");
    const text = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("\n");
    const further = [...text.matchAll(/openDatabase\([^;]*?connections: (\w+)/g)].map(([, size = ""]) =>
      Number(new RegExp(`${size} = (\\d+)`).exec(text)?.[1] ?? size),
    );
    expect([...text.matchAll(/openDatabase\(/g)], "a pool without a size of its own").toHaveLength(further.length);
    expect(Number(own) + further.reduce((sum, size) => sum + size, 0)).toBe(declared);
  });
});
