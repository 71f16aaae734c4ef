import { expect, it } from "vitest";
import { rollbackSteps } from "../../../../cli/diff/rollback.ts";
import type { Change } from "../../../../components/plan/diff/types.ts";

const change = (overrides: Partial<Change>): Change => ({
  kind: "topic-changed",
  object: "order-events",
  hazard: "safe",
  effects: [],
  reviewers: [],
  ...overrides,
});

it("begins with the revert, and says what stays or does not come back", () => {
  const steps = rollbackSteps([
    change({ field: "partitions", before: 30, after: 60, hazard: "approval" }),
    change({ field: "retention", before: "7d", after: "3d", hazard: "irreversible" }),
  ]);
  expect(steps).toHaveLength(3);
  expect(steps[0]).toMatch(/^revert the commit/);
  expect(steps[1]).toMatch(/^partitions of order-events stay raised/);
  expect(steps[2]).toMatch(/^order-events: records that were deleted do not come back/);
});

it("takes nothing back where nothing may be applied", () => {
  expect(rollbackSteps([change({ field: "retention" }), change({ field: "partitions", hazard: "refused" })])).toEqual([
    "nothing is applied as long as a change is refused, so there is nothing to take back",
  ]);
});
