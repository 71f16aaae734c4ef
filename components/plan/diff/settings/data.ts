import type { Classification } from "../../../model/types.ts";
import { listed } from "../words.ts";
import { type SettingRule, servicesIn } from "./rule.ts";

const classes: readonly Classification[] = ["public", "internal", "confidential", "restricted"];

/** Judges a change of the data's classification. */
export const classificationRule: SettingRule = {
  field: "classification",
  declared: ({ classification }) => classification,
  judge({ declaredBefore, declaredAfter, affected }) {
    const before = declaredBefore?.classification;
    const after = declaredAfter?.classification;
    if (declaredBefore === undefined || declaredAfter === undefined || before === after) return undefined;
    const values = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
    const rank = (classification: Classification | undefined): number =>
      classification === undefined ? -1 : classes.indexOf(classification);
    if (before !== undefined && rank(after) < rank(before))
      return {
        ...values,
        hazard: "approval",
        effects: ["rules that protect the data get laxer; what is in the topic stays as sensitive as it was"],
      };
    if (before === undefined) return { ...values, hazard: "safe", effects: ["the data is classified from now on"] };
    const consumers = servicesIn(affected, "consumer");
    return {
      ...values,
      hazard: consumers.length === 0 ? "safe" : "approval",
      effects: [
        `${consumers.length === 0 ? "nobody" : listed(consumers)} must be fit for ${after ?? "unclassified"} data`,
      ],
    };
  },
};

/** Judges a change of where the data may be kept. */
export const residencyRule: SettingRule = {
  field: "residency",
  declared: ({ residency }) => residency?.join(", "),
  judge({ declaredBefore, declaredAfter }) {
    if (declaredBefore === undefined || declaredAfter === undefined) return undefined;
    const before = declaredBefore.residency?.join(", ") ?? "any";
    const after = declaredAfter.residency?.join(", ") ?? "any";
    if (before === after) return undefined;
    const added =
      declaredAfter.residency === undefined
        ? after
        : declaredAfter.residency.filter((region) => declaredBefore.residency?.includes(region) === false).join(", ");
    return added === ""
      ? {
          before,
          after,
          hazard: "safe",
          effects: ["fewer regions may keep the data; copies elsewhere are not deleted by this"],
        }
      : {
          before,
          after,
          hazard: "approval",
          effects: [`the data may be kept in ${added === "any" ? "any region" : added}`],
        };
  },
};

/** Judges a change of the labels that rules use. */
export const labelsRule: SettingRule = {
  field: "labels",
  declared: ({ labels }) => textOf(labels),
  judge({ declaredBefore, declaredAfter }) {
    if (declaredBefore === undefined || declaredAfter === undefined) return undefined;
    const before = textOf(declaredBefore.labels);
    const after = textOf(declaredAfter.labels);
    return before === after
      ? undefined
      : { before, after, hazard: "safe", effects: ["rules that look at labels may judge the topic otherwise"] };
  },
};

function textOf(labels: Readonly<Record<string, string>> = {}): string {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? "none" : entries.map(([name, value]) => `${name}: ${value}`).join(", ");
}
