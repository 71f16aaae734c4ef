import { ConfigResourceTypes } from "@platformatic/kafka";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PROJECT_DIR, runKit } from "../platform/kit-command.ts";
import { copyProject, edits } from "../platform/project-copy.ts";
import { testPlatform } from "../platform/test-platform.ts";
import { adminClient } from "./clients.ts";

interface Diff {
  readonly verdict: string;
  readonly digest: string;
  readonly changes: readonly { readonly object: string; readonly kind: string; readonly hazard: string }[];
}

/** `kit up --digest` refuses what `kit diff` refuses, and the cluster stays unchanged. */
describe("a change that kit diff refuses", () => {
  const platform = testPlatform();
  const admin = adminClient(platform);
  let project: Awaited<ReturnType<typeof copyProject>>;
  let untouched: unknown;
  const { edit, takeBack } = edits(() => project.dir);
  beforeAll(async () => {
    project = await copyProject();
    untouched = await cluster();
  });
  afterEach(takeBack);
  afterAll(async () => {
    await admin.close();
    await project.remove();
  });

  /** Every topic with its id (a new one of the same name has another), partitions, records and configuration. */
  async function cluster(): Promise<unknown> {
    const names = (await admin.listTopics({ includeInternals: false })).sort();
    const { topics } = await admin.metadata({ topics: names, forceUpdate: true });
    const configs = await admin.describeConfigs({
      resources: names.map((resourceName) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName,
        configurationKeys: null,
      })),
    });
    return {
      topics: names.map((name) => ({
        name,
        id: topics.get(name)?.id,
        partitions: topics.get(name)?.partitions.length,
      })),
      configs: configs
        .map(({ resourceName, configs: entries }) => ({
          resourceName,
          entries: entries.map(({ name, value }) => `${name}=${value ?? ""}`).sort(),
        }))
        .sort((a, b) => (a.resourceName < b.resourceName ? -1 : 1)),
    };
  }

  /** The file without its topics. */
  const withoutTopics = (text: string): string => text.replace(/^topics:\n[\s\S]*/m, "topics: {}\n");

  it.each<[string, string, (text: string) => string, string, boolean]>([
    [
      "lowers partitions",
      "topics/order.yaml",
      (text) => text.replace("partitions: 30", "partitions: 12"),
      "order-events",
      true,
    ],
    ["removes a topic at once", "topics/notification.yaml", withoutTopics, "notification-events", true],
    [
      "renames a topic",
      "topics/notification.yaml",
      (text) => text.replace("  notification-events:", "  message-events:"),
      "notification-events",
      true,
    ],
    [
      "makes a topic without key compacted",
      "topics/notification.yaml",
      (text) => text.replace("    key: orderId\n", "    cleanup: compact\n"),
      "notification-events",
      false,
    ],
  ])("and that %s leaves the cluster as it was", async (_, path, change, topic, byTheProgram) => {
    await edit(path, change);
    const judged = await runKit(
      platform,
      ["diff", "--base", PROJECT_DIR.replace(/\/$/, ""), "--stack", "local", "--json"],
      { projectDir: project.dir },
    );
    const diff = JSON.parse(judged.stdout) as Diff;
    expect({ code: judged.code, verdict: diff.verdict }).toEqual({ code: 1, verdict: "refused" });
    expect(diff.changes.find(({ hazard }) => hazard === "refused")).toMatchObject({ object: topic });

    const up = await runKit(platform, ["up", "--digest", diff.digest], { projectDir: project.dir });
    expect(up.stderr).toContain("KIT_DIGEST_REFUSED");
    expect(up.code).toBe(1);
    if (byTheProgram) {
      // Even with a digest that is made to look accepted, the program itself refuses a change that loses a topic's records.
      const forged = await runKit(platform, ["up", "--digest", diff.digest.replace(/-refused$/, "")], {
        projectDir: project.dir,
        timeoutMs: 150_000,
      });
      expect(forged.code, forged.stderr).toBe(1);
      expect(forged.stderr).toContain(`topic ${topic} `);
      expect(forged.stderr).toContain("Nothing was touched");
    }
    expect(await cluster()).toEqual(untouched);
  });

  it("or one that is not what was judged, is refused before the engine starts", async () => {
    const base = PROJECT_DIR.replace(/\/$/, "");
    const judged = JSON.parse(
      (await runKit(platform, ["diff", "--base", base, "--stack", "local", "--json"], { projectDir: project.dir }))
        .stdout,
    ) as Diff;
    expect(judged).toMatchObject({ verdict: "safe", changes: [] });
    await edit("topics/order.yaml", (text) => text.replace("partitions: 30", "partitions: 60"));
    const other = await runKit(platform, ["up", "--digest", judged.digest], { projectDir: project.dir });
    expect(other.stderr).toContain("KIT_DIGEST_OTHER_PLAN");
    expect(other.code).toBe(1);

    const { digest } = JSON.parse(
      (await runKit(platform, ["diff", "--base", base, "--stack", "local", "--json"], { projectDir: project.dir }))
        .stdout,
    ) as Diff;
    const staleBase = `${digest.slice(0, 25)}${"0".repeat(24)}`;
    const stale = await runKit(platform, ["up", "--digest", staleBase], { projectDir: project.dir });
    expect(stale.stderr).toContain("KIT_DIGEST_OTHER_BASE");
    expect(stale.code).toBe(1);
    expect(await cluster()).toEqual(untouched);
  });
});
