import { describe, expect, it } from "vitest";
import { scenariosOf } from "../../../cli/chaos/scenarios.ts";
import type { Alert } from "../../../components/observability/alert.ts";
import { OWNED_LABELS } from "../../../components/observability/alert.ts";
import { ALERTS } from "../../../components/observability/alerts/catalogue.ts";
import { ownerSeries } from "../../../components/observability/owners.ts";
import { SIGNALS } from "../../../components/observability/signals/catalogue.ts";
import { namedIn } from "./promql.ts";

const LABELS = new Map<string, readonly string[]>([
  ...SIGNALS.map(({ name, labels }) => [name, labels] as const),
  ...OWNED_LABELS.map((label) => [ownerSeries(label), [label, "owner"]] as const),
]);
const CASES = ALERTS.map((alert): [string, Alert] => [alert.name, alert]);
const SCENARIOS = new Set(scenariosOf().map(({ name }) => name));

/** Labels that a template prints. */
function printed(template: string): string[] {
  return [...template.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label);
}

describe("an alert", () => {
  it("has a name of its own", () => {
    expect(new Set(ALERTS.map(({ name }) => name)).size).toBe(ALERTS.length);
    for (const { name } of ALERTS) expect(name).toMatch(/^(?:[A-Z][a-z]+)+$/);
  });

  it.each(CASES)("%s names signals and their labels only", (_name, { expression, summary, owner, firing }) => {
    const { selectors, grouping, made } = namedIn(expression);
    const known = new Set(made);
    for (const { metric, labels } of selectors) {
      const own = LABELS.get(metric);
      if (own === undefined) throw new Error(`${metric} is no signal`);
      for (const label of labels) expect(own, `label of ${metric}`).toContain(label);
      for (const label of own) known.add(label);
    }
    for (const label of [...grouping, ...printed(summary)]) expect(known, `label ${label}`).toContain(label);
    if (owner !== "platform") expect(known).toContain(owner);
    for (const label of Object.keys(firing.labels)) expect(known).toContain(label);
  });

  it.each(CASES)(
    "%s says what is wrong in one sentence, and where it is reproduced",
    (_name, { summary, reproduce }) => {
      expect(summary).toMatch(/^[A-Z{\d].*[.]$/);
      expect(summary.length).toBeLessThan(190);
      if ("scenario" in reproduce) expect(SCENARIOS, "scenarios of kit chaos").toContain(reproduce.scenario);
      else expect(reproduce.none).not.toBe("");
    },
  );
});
