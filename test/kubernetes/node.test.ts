import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImages } from "../../cli/image/build-images.ts";
import { PROJECT_DIR } from "../platform/kit-command.ts";
import { processesMentioning } from "../platform/processes.ts";
import { describeAnswer } from "./servers/api-client.ts";
import type { ApiObject } from "./servers/api-client.ts";
import { startNode, whyNoNode } from "./servers/node.ts";
import type { ClusterNode } from "./servers/node.ts";

const missing = await whyNoNode();
const IMAGE = "registry.example.com/shop/api-gateway:1.0.0";
const LIMIT_MS = 90_000;

describe.skipIf(missing !== undefined)(`a real node${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let node: ClusterNode;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kit-node-images-"));
    const archive = join(folder, "images.tar");
    await buildImages({ projectDir: PROJECT_DIR, version: "1.0.0", base: { by: "host" }, out: archive, services: [{ service: "api-gateway", entry: "service-templates/api-gateway/src/main.ts", name: IMAGE }] });
    node = await startNode({ images: [archive] });
  }, 300_000);
  afterAll(async () => {
    await node.stop();
    await rm(folder, { recursive: true, force: true });
    expect(processesMentioning(node.places.folder)).toEqual([]);
    expect(existsSync(node.places.folder)).toBe(false);
    expect(readdirSync("/sys/fs/cgroup").filter((controller) => existsSync(join("/sys/fs/cgroup", controller, node.places.cgroup)))).toEqual([]);
  }, 60_000);

  it("is Ready", async () => {
    expect((await node.api.client.list("/api/v1/nodes")).map(({ metadata }) => metadata.name)).toEqual(["node1"]);
  });
});
