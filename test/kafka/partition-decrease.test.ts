import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runKit } from "../platform/kit-command.ts";
import { pids } from "../platform/processes.ts";
import { copyProject } from "../platform/project-copy.ts";
import { testPlatform } from "../platform/test-platform.ts";
import { adminClient } from "./clients.ts";

describe("lowering partitions", () => {
  const platform = testPlatform();
  const admin = adminClient(platform);
  let project: Awaited<ReturnType<typeof copyProject>>;
  beforeAll(async () => {
    project = await copyProject();
    const file = join(project.dir, "topics", "order.yaml");
    const text = await readFile(file, "utf8");
    expect(text).toContain("partitions: 30");
    await writeFile(file, text.replace("partitions: 30", "partitions: 12"));
  });
  afterAll(async () => {
    await admin.close();
    await project.remove();
  });

  it("is refused before anything is touched, and the topic's data is still there", async () => {
    const before = { topic: await orderEvents(), pids: await pids(platform) };

    const up = await runKit(platform, ["up"], { projectDir: project.dir, timeoutMs: 120_000 });

    expect(up.code).toBe(1);
    expect(up.stderr).toContain("order-events");
    expect(up.stderr).toMatch(/30.*12/s);
    expect(await orderEvents()).toEqual(before.topic);
    expect(await pids(platform)).toEqual(before.pids);
  });

  /** Topic id (a new topic of the same name has another), number of partitions, and records in it. */
  async function orderEvents(): Promise<{ id: string; partitions: number; records: bigint }> {
    const { topics } = await admin.metadata({ topics: ["order-events"], forceUpdate: true });
    const topic = topics.get("order-events");
    if (topic === undefined) throw new Error("order-events is gone");
    const offsets = await admin.listOffsets({
      topics: [
        {
          name: "order-events",
          partitions: topic.partitions.map((_, partitionIndex) => ({ partitionIndex, timestamp: -1n })),
        },
      ],
    });
    const records = offsets
      .flatMap((listed) => listed.partitions.map((partition) => partition.offset))
      .reduce((sum, offset) => sum + offset, 0n);
    return { id: topic.id, partitions: topic.partitions.length, records };
  }
});
