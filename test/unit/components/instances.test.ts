import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import { instancesFrom } from "../../../components/substrates/local/instances.ts";

const { stack } = expectRead(await loadModel(fileURLToPath(new URL("../../..", import.meta.url)), "local"));

describe("instances of each service on one machine", () => {
  it("are as the stack says without the variable", () => {
    expect(instancesFrom(stack, ["order-service"], {})).toBe(stack);
    expect(instancesFrom(stack, ["order-service"], { KIT_INSTANCES: "" })).toBe(stack);
  });

  it("are as many as the variable says, also of services without settings, and none of what is switched off", () => {
    const off = {
      ...stack,
      services: { "order-service": { replicas: 1, env: { LOG_LEVEL: "debug" } }, "payment-service": { replicas: 0 } },
    };
    expect(
      instancesFrom(off, ["order-service", "payment-service", "refund-service"], { KIT_INSTANCES: "2" }).services,
    ).toEqual({
      "order-service": { replicas: 2, env: { LOG_LEVEL: "debug" } },
      "payment-service": { replicas: 0 },
      "refund-service": { replicas: 2 },
    });
  });

  it.each(["0", "11", "two", "1.5", "-1"])("are refused as %j", (value) => {
    expect(() => instancesFrom(stack, [], { KIT_INSTANCES: value })).toThrow(/KIT_INSTANCES/);
  });
});
