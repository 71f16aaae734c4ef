import { expect, it } from "vitest";
import { differingSettings } from "../../../../components/plan/diff/stack-settings.ts";
import { stackSettings } from "../../kubernetes/strimzi-input.ts";

it("shows sizes of servers on Kubernetes as the file writes them, each of a list", () => {
  const sized = (memory: string, volumes: readonly string[], readyWithin: string) =>
    stackSettings({
      kafka: { broker: { memory, volumes }, controller: { volume: "20GiB" }, readyWithin },
      postgres: { cloudNativePg: { storage: volumes[0] } },
    });
  expect(differingSettings(sized("8GiB", ["200GiB"], "30m"), sized("1536MiB", ["1TiB", "500GiB"], "1h"))).toEqual([
    { path: "kubernetes.kafka.broker.memory", before: "8GiB", after: "1536MiB" },
    { path: "kubernetes.kafka.broker.volumes", before: "200GiB", after: "1TiB, 500GiB" },
    { path: "kubernetes.kafka.readyWithin", before: "30m", after: "1h" },
    { path: "kubernetes.postgres.cloudNativePg.storage", before: "200GiB", after: "1TiB" },
  ]);
});
