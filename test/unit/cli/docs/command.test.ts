/** `kit docs` as a command: what goes where, and what it refuses. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { PROJECT } from "./declared-projects.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "kit-docs-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function docs(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(PROJECT, "cli/main.mjs"), "docs", ...args],
      {
        cwd: dir,
        env: {
          PATH: process.env.PATH ?? "",
          HOME: dir,
          KIT_CACHE_DIR: join(dir, "cache"),
          KIT_STATE_DIR: join(dir, "state"),
        },
        timeout: 120_000,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

describe("kit docs", () => {
  it("prints a document as YAML or JSON, or writes it and prints the file", async () => {
    const yaml = await docs("asyncapi", "--domain", "order", "--stack", "dev");
    expect(yaml).toMatchObject({ code: 0, stderr: "" });
    expect(parse(yaml.stdout)).toMatchObject({
      asyncapi: "3.0.0",
      info: { title: "Event platform: order", "x-stack": "dev" },
    });
    const json = await docs("asyncapi", "--domain", "order", "--stack", "dev", "--json");
    expect(JSON.parse(json.stdout)).toEqual(parse(yaml.stdout));
    const file = await docs("asyncapi", "--domain", "order", "--stack", "dev", "--out", "folder/order.json");
    expect(file.stdout.trim()).toMatch(/folder\/order\.json$/);
    expect(JSON.parse(readFileSync(join(dir, "folder/order.json"), "utf8"))).toEqual(parse(yaml.stdout));
  }, 480_000);

  it("prints Backstage entities as one stream, or as {entities}", async () => {
    const [yaml, json] = [
      await docs("backstage", "--platform", "orders"),
      await docs("backstage", "--platform", "orders", "--json"),
    ];
    const { entities } = JSON.parse(json.stdout) as { entities: unknown[] };
    expect(parseAllDocuments(yaml.stdout).map((document) => document.toJS() as unknown)).toEqual(entities);
    expect(entities[0]).toMatchObject({ kind: "Domain", metadata: { name: "orders" } });
  }, 480_000);

  it.each([
    [["openapi"], "topics, asyncapi, backstage"],
    [["asyncapi", "--platform", "x"], "--platform is an option of kit docs backstage"],
    [["backstage", "--platform-team", "No Team"], "--platform-team takes"],
    [["asyncapi", "--domain", "ordre"], 'did you mean "order"'],
    [["asyncapi", "--domain", "order", "--topic", "order-events"], "exclude each other"],
    [["asyncapi", "--json", "--out", "x.json"], "--json prints to standard output"],
    [["asyncapi", "--domain", ""], "--domain"],
    [["backstage", "--stack", "nowhere"], "nowhere"],
  ])(
    "refuses %j with what to do",
    async (args, words) => {
      const { code, stderr } = await docs(...args);
      expect(code).toBe(2);
      expect(stderr).toContain(words);
    },
    480_000,
  );
});
