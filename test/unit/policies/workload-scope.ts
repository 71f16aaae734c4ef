import type { StackSettings } from "../../../components/model/stack/stack.ts";
import { stackSettingsSchema } from "../../../components/model/stack/stack.ts";
import type { TopicDeclaration } from "../../../components/model/types.ts";
import type { Scope } from "../../../policies/rule.ts";

/** An environment with three copies of everything. */
export const STACK: StackSettings = stackSettingsSchema.parse({ substrate: "local" });

/** What checks of workloads see besides their object: topics with so many partitions. */
export function scopeWith(partitions: Readonly<Record<string, number>> = {}): Scope {
  return {
    stack: STACK,
    today: "2026-11-25",
    before: () => undefined,
    declarationOf: (name) => (partitions[name] === undefined ? undefined : declaration(name, partitions[name])),
  };
}

function declaration(name: string, partitions: number): TopicDeclaration {
  return {
    name,
    partitions,
    description: "Sample.",
    domain: "order",
    owner: { team: "checkout", contact: "#team-checkout" },
    criticality: "high",
    places: {},
    events: [],
    producers: [],
    consumers: [],
    source: { file: "topics/order.yaml", line: 1, column: 1 },
  };
}
