import * as z from "zod";
import { closest } from "../../components/model/problems/suggestion.ts";
import { importedRecordDoc, importedTopicDescription } from "../../components/model/topics/import-placeholders.ts";
import { pattern } from "../pattern.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";
import { domainPlaceOf, placeOf } from "./places.ts";
import { shapeOf } from "./schemas/avro.ts";

/** Returns the fix for an unknown service: the listed service that was probably meant, then where to list it. */
function listing(service: string, listed: ReadonlySet<string>): string {
  const meant = closest(service, listed);
  const add = "add it to services: in the file of the team that runs it";
  return meant === undefined ? add : `did you mean ${meant}? Otherwise ${add}`;
}

/** Rules on owners, and on the classification of data. */
export const ownershipRules: readonly Rule[] = [
  ruleWith({
    id: "owner-contact",
    subject: "ownership",
    level: "warning",
    summary: "An owner's contact is a channel, an address or a page.",
    rationale: "The team must be reachable at night; the name of a person who has left does not help.",
    parameters: z.strictObject({
      pattern: pattern.prefault("^(#[a-z0-9_-]+|[^@\\s]+@[^@\\s]+\\.[^@\\s]+|https://\\S+)$"),
    }),
    wrong: { domain: "owner: {team: checkout, contact: ask around}" },
    right: { domain: 'owner: {team: checkout, contact: "#team-checkout"}' },
    checks: ({ pattern: wanted }) => ({
      declaration: ({ model }) =>
        model.domains.flatMap((domain): Breach[] =>
          wanted.matches(domain.owner.contact)
            ? []
            : [
                {
                  message: `the contact ${JSON.stringify(domain.owner.contact)} is not a channel, address or page`,
                  fix: 'write a channel such as "#team-checkout"',
                  object: domain.name,
                  ...domainPlaceOf(domain, "owner.contact"),
                },
              ],
        ),
    }),
  }),
  ruleWith({
    id: "owner-known",
    subject: "ownership",
    level: "error",
    summary: "The owner is a team of the organisation.",
    rationale: "A misspelt team owns nothing. The stack may list the teams; without a list, any slug is valid.",
    parameters: z.strictObject({ teams: z.array(z.string()).default([]) }),
    wrong: { stack: "policies: {owner-known: {teams: [payments, warehouse]}}" },
    right: { stack: "policies: {owner-known: {teams: [checkout, payments]}}" },
    checks: ({ teams }) => ({
      declaration: ({ model }) =>
        model.domains.flatMap((domain): Breach[] =>
          teams.length === 0 || teams.includes(domain.owner.team)
            ? []
            : [
                {
                  message: `there is no team ${JSON.stringify(domain.owner.team)}`,
                  fix: `known teams: ${teams.join(", ")}`,
                  object: domain.name,
                  ...domainPlaceOf(domain, "owner.team"),
                },
              ],
        ),
    }),
  }),
  rule({
    id: "service-owner",
    subject: "ownership",
    level: "warning",
    summary: "Every producer and consumer is listed by the team that runs it.",
    rationale:
      "Its dead-letter records need an owner; otherwise the kit guesses one from the topics that it writes to.",
    wrong: { domain: "services: [order-service]" },
    right: { domain: "services: [order-service, payment-service]" },
    checks: () => ({
      declaration({ model }) {
        const listed = new Set(model.domains.flatMap((domain) => domain.services));
        const breaches = new Map<string, Breach>();
        for (const topic of model.domains.flatMap((domain) => domain.topics)) {
          for (const { service, source } of [...topic.producers, ...topic.consumers]) {
            if (!listed.has(service) && !breaches.has(service))
              breaches.set(service, {
                message: `no team lists the service ${service}`,
                fix: listing(service, listed),
                object: service,
                at: source,
              });
          }
        }
        return [...breaches.values()];
      },
    }),
  }),
  rule({
    id: "imported-placeholder",
    subject: "ownership",
    level: "warning",
    summary: "Placeholders of `kit import` are replaced: the description of a topic, and its schema.",
    rationale:
      "A cluster does not describe its topics. With a placeholder, the catalogue page does not help people who look for data, and no service can write with the schema.",
    wrong: { topic: `description: ${importedTopicDescription}` },
    right: { topic: "description: The life of an order, one record per state change." },
    checks: () => ({
      topic: (topic) =>
        topic.declaration?.description.trim() !== importedTopicDescription
          ? undefined
          : {
              message: "the description is still the placeholder of the import",
              fix: `replace ${JSON.stringify(importedTopicDescription)} with the meaning of the topic's records and when one is written`,
              ...placeOf(topic, "description"),
            },
      subject: (subject) =>
        shapeOf(subject)?.types[0]?.doc !== importedRecordDoc
          ? undefined
          : {
              message: "the schema is still the placeholder of the import",
              fix: "replace it with the schema of the topic's records",
            },
    }),
  }),
  rule({
    id: "data-classification",
    subject: "ownership",
    level: "warning",
    summary: "Every topic has a data classification.",
    rationale: "It determines who may read the data, how long it may be kept and where it may be stored.",
    wrong: { domain: "classification: null" },
    right: { domain: "classification: confidential" },
    checks: () => ({
      topic: ({ declaration }) =>
        declaration === undefined || declaration.classification !== undefined
          ? undefined
          : {
              message: "the data is not classified",
              fix: "add classification: public, internal, confidential or restricted, to the topic or to its domain",
            },
    }),
  }),
  ruleWith({
    id: "data-residency",
    subject: "ownership",
    level: "error",
    summary: "Data is stored only in allowed regions.",
    rationale:
      "Laws and contracts restrict where personal data may be stored. If the stack names its region, a topic that names only other regions is rejected, and data of the given class or higher must name its regions.",
    parameters: z.strictObject({
      region: z.string().optional(),
      from: z.enum(["public", "internal", "confidential", "restricted", "none"]).default("restricted"),
    }),
    wrong: { domain: "residency: [us]", stack: "policies: {data-residency: {region: eu}}" },
    right: { domain: "residency: [eu]", stack: "policies: {data-residency: {region: eu}}" },
    checks: ({ region, from }) => {
      const classes = ["public", "internal", "confidential", "restricted"];
      return {
        topic(topic) {
          const { declaration } = topic;
          if (region === undefined || declaration === undefined) return undefined;
          const { residency, classification } = declaration;
          if (residency !== undefined)
            return residency.includes(region)
              ? undefined
              : {
                  message: `the data may be stored in ${residency.join(", ")}; this environment is in ${region}`,
                  fix: `add ${region} to residency, if that is allowed`,
                  ...placeOf(topic, "residency"),
                };
          if (
            from === "none" ||
            classification === undefined ||
            classes.indexOf(classification) < classes.indexOf(from)
          )
            return undefined;
          return {
            message: `${classification} data does not declare its residency`,
            fix: `add residency: [${region}], if that is allowed`,
            ...placeOf(topic, "classification"),
          };
        },
      };
    },
  }),
];
