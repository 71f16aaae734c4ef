import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestProjectInlineConfiguration } from "vitest/config";
import { defineConfig } from "vitest/config";

/** Brings the whole platform up once for a rung that needs it. */
const platformFixture = fileURLToPath(new URL("test/platform-fixture.ts", import.meta.url));

const minutes = (count: number): number => count * 60_000;

/** What every rung shares. */
const common = {
  environment: "node",
  pool: "forks",
  execArgv: ["--disable-warning=ExperimentalWarning"],
} satisfies TestProjectInlineConfiguration["test"];

/** A rung on real servers: one file after the other, after the rungs below it. */
function realRung(name: string, order: number, options: { platform: boolean }): TestProjectInlineConfiguration {
  return {
    test: {
      ...common,
      name,
      include: [`test/${name}/**/*.test.ts`],
      fileParallelism: false,
      sequence: { groupOrder: order },
      testTimeout: minutes(10),
      hookTimeout: minutes(10),
      ...(options.platform && existsSync(platformFixture) ? { globalSetup: [platformFixture] } : {}),
    },
  };
}

export default defineConfig({
  test: {
    teardownTimeout: minutes(1),
    projects: [
      {
        test: {
          ...common,
          name: "unit",
          include: ["test/unit/**/*.test.ts", "service-templates/*/test/**/*.test.ts"],
          exclude: ["**/node_modules/**"],
          sequence: { groupOrder: 0 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      realRung("engine", 1, { platform: false }),
      realRung("kafka", 2, { platform: true }),
      realRung("saga", 3, { platform: true }),
      realRung("kubernetes", 4, { platform: false }),
    ],
  },
});
