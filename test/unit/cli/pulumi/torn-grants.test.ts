import { expect, it } from "vitest";
import { withoutTornGrants } from "../../../../cli/pulumi/torn-grants.ts";

const acl = (name: string, more = {}) => ({
  urn: `urn::kafka:index/acl:Acl::${name}`,
  type: "kafka:index/acl:Acl",
  ...more,
});
const torn = acl("torn", { initErrors: ["not visible"] });
const whole = acl("whole", { initErrors: [] });
const process = {
  urn: "urn::kit:index:Process::orders",
  type: "kit:index:Process",
  outputs: { kept: true },
  initErrors: ["not ready"],
  dependencies: [torn.urn, whole.urn],
  propertyDependencies: { env: [torn.urn], command: [], name: null },
};

it("takes half-created access rules out, with every reference to them, and nothing else", () => {
  const { stack, removed } = withoutTornGrants({
    version: 3,
    deployment: { manifest: { time: "t" }, resources: [torn, whole, process] },
  });
  expect(removed).toEqual([torn.urn]);
  expect(stack).toEqual({
    version: 3,
    deployment: {
      manifest: { time: "t" },
      resources: [
        whole,
        { ...process, dependencies: [whole.urn], propertyDependencies: { env: [], command: [], name: null } },
      ],
    },
  });
});

it("leaves a sound stack as it is", () => {
  const sound = { deployment: { resources: [whole, process] } };
  expect(withoutTornGrants(sound)).toEqual({ stack: sound, removed: [] });
  expect(withoutTornGrants({ deployment: {} }).removed).toEqual([]);
});
