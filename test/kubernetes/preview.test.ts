import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPlatformStack } from "./platform-stack.ts";

describe("a preview without a cluster, a kubeconfig or credentials", () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "kit-no-home-"));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it.each(["dev", "staging", "prod"])("shows all of %s, with nothing to complain about", async (name) => {
    // A kubeconfig that is not there: neither the user's own nor one from the environment is used.
    const stack = await openPlatformStack(name, { KUBECONFIG: join(home, "none") });
    try {
      const { code, text, steps, complaints } = await stack.pulumi(["preview"]);
      expect(complaints, text).toEqual([]);
      expect(code, text).toBe(0);
      expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["create"]));
      const kinds = new Set(steps.map(({ type }) => type));
      for (const kind of [
        "kubernetes:kafka.strimzi.io/v1:Kafka",
        "kubernetes:kafka.strimzi.io/v1:KafkaNodePool",
        "kubernetes:apps/v1:Deployment",
        "kubernetes:batch/v1:Job",
        "kafka:index/topic:Topic",
        "kafka:index/acl:Acl",
        "kafka:index/quota:Quota",
        "kit:index:SchemaSubject",
        "postgresql:index/database:Database",
      ])
        expect(kinds).toContain(kind);
    } finally {
      await stack.remove();
    }
  });
});
