import { expect, it } from "vitest";
import { pullPolicyOf } from "../../../components/kubernetes/pull-policy.ts";

it.each([
  ["registry.example.com:5000/team/app", "Always"],
  ["registry.example.com:5000/team/app:latest", "Always"],
  ["registry.example.com:5000/team/app:1.2", "IfNotPresent"],
  [`registry.example.com/team/app:latest@sha256:${"0".repeat(64)}`, "IfNotPresent"],
])("%s is fetched %s", (image, policy) => {
  expect(pullPolicyOf(image)).toBe(policy);
});
