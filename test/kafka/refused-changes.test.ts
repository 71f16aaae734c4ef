import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { localPorts } from "../../components/local/ports.ts";
import { eventually } from "../platform/condition.ts";
import { runKit, startKit } from "../platform/kit-command.ts";
import { pids } from "../platform/processes.ts";
import { copyProject, edits } from "../platform/project-copy.ts";
import { testPlatform } from "../platform/test-platform.ts";

describe("a change that is wrong", () => {
  const platform = testPlatform();
  let project: Awaited<ReturnType<typeof copyProject>>;
  let running: ReadonlyMap<string, number>;
  const { edit, takeBack } = edits(() => project.dir);
  beforeAll(async () => {
    project = await copyProject();
    running = await servers();
  });
  afterEach(async () => {
    await takeBack();
    expect(await servers()).toEqual(running);
  });
  afterAll(() => project.remove());

  /** Processes by name, without those that are scripts of the clone and come first: the copy is another clone. */
  async function servers(): Promise<ReadonlyMap<string, number>> {
    return new Map([...(await pids(platform))].filter(([name]) => !["log-keeper", "kafka-exporter"].includes(name)));
  }

  const stackLocks = async () =>
    (await readdir(join(platform.stateDir, "pulumi", ".pulumi", "locks"), { recursive: true }).catch(() => [])).filter(
      (name) => name.endsWith(".json"),
    );
  const up = () => runKit(platform, ["up"], { projectDir: project.dir, timeoutMs: 120_000 });

  it.each<[string, (text: string) => string, RegExp]>([
    ["YAML that does not parse", (text) => text.replace("topics:", "topics: ["), /topics\/order\.yaml:\d+:\d+/],
    [
      "an unknown key",
      (text) => text.replace("partitions: 30", "partition: 30"),
      /topics\/order\.yaml:\d+:\d+.*partition[\s\S]*did you mean.*partitions/i,
    ],
    [
      "a consumer of an event that no one declares",
      (text) => text.replace("order.cancelled]", "order.canceled]"),
      /topics\/order\.yaml:\d+:\d+.*order\.canceled[\s\S]*order\.cancelled/,
    ],
    ["a topic of another domain", (text) => text.replace("order-events:", "payment-events:"), /payment-events/],
  ])("is refused with place and fix: %s", async (_, change, message) => {
    await edit("topics/order.yaml", change);
    const result = await up();
    expect(result.stderr).toMatch(message);
    expect(result.code).toBe(2);
  });

  it("is refused by the registry when it breaks readers, and no server is touched", async () => {
    await edit("topics/schemas/order/OrderCreated.avsc", (text) => {
      const schema = JSON.parse(text) as { fields: unknown[] };
      schema.fields.push({
        name: "couponCode",
        type: "string",
        doc: "New and without a default: old records have none.",
      });
      return JSON.stringify(schema, null, 2);
    });
    const result = await up();
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/order-events-com\.globalmart\.events\.OrderCreated/);
    expect(result.stderr).toMatch(/couponCode|READER_FIELD_MISSING_DEFAULT_VALUE/);
  });

  it("says who works on the platform when two `up` run at once, and lets the first finish", async () => {
    const first = startKit(platform, ["up"]);
    const ended = new Promise<number | null>((resolve) => first.once("exit", (code) => resolve(code)));
    await eventually(
      "the first up to hold the stack's lock",
      async () => ((await stackLocks()).length > 0 ? true : undefined),
      30_000,
    );
    const second = await runKit(platform, ["up"]);
    expect(second.stderr).toMatch(/KIT_PLATFORM_BUSY/);
    expect(second.code).toBe(1);
    expect(await ended).toBe(0);
  });

  it("is told from a wrong passphrase", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "event-platform-passphrase-"));
    try {
      for (const entry of ["pulumi", "stack", "passphrase"])
        await cp(join(platform.stateDir, entry), join(stateDir, entry), { recursive: true });
      await writeFile(join(stateDir, "passphrase"), "another one");
      const result = await runKit({ stateDir, portBase: platform.portBase }, ["up"]);
      expect(result.stderr).toMatch(/passphrase/i);
      expect(result.code).toBe(2);
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });
});

describe("a port that someone else holds", () => {
  it("is named with its holder and the way out", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "event-platform-port-"));
    const portBase = 31_000;
    const holder = createServer();
    await new Promise<void>((resolve) =>
      holder.listen({ host: "127.0.0.1", port: localPorts(portBase).redis }, resolve),
    );
    try {
      const result = await runKit({ stateDir, portBase }, ["up"], { timeoutMs: 180_000 });
      expect(result.code).not.toBe(0);
      expect(result.stderr).toContain(String(localPorts(portBase).redis));
      expect(result.stderr).toMatch(new RegExp(`pid ${process.pid}|KIT_PORT_BASE`));
    } finally {
      await new Promise((resolve) => holder.close(resolve));
      await runKit({ stateDir, portBase }, ["down", "--delete-data"]);
      await rm(stateDir, { recursive: true, force: true });
    }
  });
});
