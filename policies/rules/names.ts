import * as z from "zod";
import { compareText } from "../../components/model/problems/problem.ts";
import { pattern } from "../pattern.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";

/** Returns the file of a second team, for examples. */
const other = (topic: string): string => `domain: insights
owner: {team: insights, contact: "#team-insights"}
criticality: low
classification: internal
services: [archive-service]
topics:
  ${topic}:
    description: Old orders.
    partitions: 3
    key: orderId
    events: {order.archived: {schema: schemas/insights/OrderArchived.avsc}}
    producers: {archive-service: {quota: 1MiB/s}}
    consumers: {archive-service: {instances: 1, events: [order.archived], quota: 1MiB/s}}
`;

/** Returns whether a name starts with a word that ends at the end of the name, or at a '.' or '-'. */
function beginsWithWord(name: string, word: string): boolean {
  return name.startsWith(word) && /^(?:$|[.-])/.test(name.slice(word.length));
}

/** Rules on names. */
export const nameRules: readonly Rule[] = [
  ruleWith({
    id: "topic-name",
    subject: "names",
    level: "warning",
    summary: "Topic names follow one pattern, and the prefix and suffixes that the organisation requires.",
    rationale: "A name is in every dashboard, alert and ACL, and can't be changed without migrating every consumer.",
    parameters: z.strictObject({
      pattern: pattern.prefault("^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$"),
      prefix: z.enum(["any", "domain"]).default("any"),
      suffixes: z.array(z.string()).default([]),
    }),
    wrong: {
      domain:
        "topics:\n  OrderNotes: {description: Remarks., partitions: 12, key: orderId, events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}, producers: {order-service: {quota: 1MiB/s}}, consumers: {payment-service: {instances: 3, events: [order.noted], quota: 1MiB/s}}}",
    },
    right: {
      domain:
        "topics:\n  order-notes: {description: Remarks., partitions: 12, key: orderId, events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}, producers: {order-service: {quota: 1MiB/s}}, consumers: {payment-service: {instances: 3, events: [order.noted], quota: 1MiB/s}}}",
    },
    checks: ({ pattern: wanted, prefix, suffixes }) => ({
      topic({ kind, name, declaration }) {
        if (kind !== "event") return undefined;
        const breaches: Breach[] = [];
        if (!wanted.matches(name))
          breaches.push({
            message: `the name ${JSON.stringify(name)} does not match ${wanted.text}`,
            fix: "use lower-case words joined by '-' or '.'",
          });
        if (prefix === "domain" && declaration !== undefined && !beginsWithWord(name, declaration.domain))
          breaches.push({
            message: `the name ${JSON.stringify(name)} does not begin with its domain`,
            fix: `name it ${declaration.domain}-…`,
          });
        if (suffixes.length > 0 && !suffixes.some((suffix) => name.endsWith(suffix)))
          breaches.push({
            message: `the name ${JSON.stringify(name)} ends in none of ${suffixes.join(", ")}`,
            fix: `name it ${name}${suffixes[0]}`,
          });
        return breaches;
      },
    }),
  }),
  rule({
    id: "topic-per-entity",
    subject: "names",
    level: "error",
    summary: "A topic is not specific to one entity.",
    rationale: "A topic per customer or order means millions of partitions. The entity is the record's key.",
    wrong: {
      domain:
        "topics:\n  order-48151623: {description: One order., partitions: 12, key: orderId, events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}}",
    },
    right: {
      domain:
        "topics:\n  order-notes: {description: Notes on orders., partitions: 12, key: orderId, events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}}",
    },
    checks: () => ({
      topic({ kind, name }) {
        const entity = kind === "event" ? /\d{5,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/i.exec(name) : null;
        return entity === null
          ? undefined
          : {
              message: `${JSON.stringify(name)} names one entity (${entity[0]})`,
              fix: "use one topic for all entities, with the entity as the record's key",
            };
      },
    }),
  }),
  ruleWith({
    id: "topic-namespace",
    subject: "names",
    level: "error",
    summary: "Names in a protected namespace belong to its teams.",
    rationale:
      "Consumers rely on the owner that a name suggests. The stack declares which prefixes belong to which teams.",
    parameters: z.strictObject({
      namespaces: z.record(z.string(), z.array(z.string()).min(1)).default({ "platform.": ["platform"] }),
    }),
    wrong: {
      domain:
        "topics:\n  platform.audit: {description: Not ours., partitions: 12, key: orderId, events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}}",
    },
    right: {
      domain:
        "topics:\n  order.audit: {description: Ours., partitions: 12, key: orderId, events: {order.noted: {schema: schemas/order/OrderNoted.avsc}}}",
    },
    checks: ({ namespaces }) => {
      const protectedNames = Object.entries(namespaces);
      return {
        topic({ kind, name, declaration }) {
          if (kind !== "event") return undefined;
          const found = protectedNames.find(
            ([prefix, teams]) =>
              name.startsWith(prefix) && !(declaration !== undefined && teams.includes(declaration.owner.team)),
          );
          return found === undefined
            ? undefined
            : {
                message: `names that begin with ${JSON.stringify(found[0])} belong to ${found[1].join(", ")}`,
                fix: "choose another name",
              };
        },
      };
    },
  }),
  rule({
    id: "topic-prefix-overlap",
    subject: "names",
    level: "warning",
    summary: "No topic's name extends the name of another team's topic.",
    rationale:
      "Prefixed ACLs for the shorter name would cover the longer one, and people would take it for a part of the other topic.",
    wrong: { other: other("order-events.archive") },
    right: { other: other("insights.order-archive") },
    checks: () => ({
      declaration({ model }) {
        const topics = new Map(model.domains.flatMap((domain) => domain.topics).map((topic) => [topic.name, topic]));
        return [...topics.values()]
          .sort((a, b) => compareText(a.name, b.name))
          .flatMap((topic): Breach[] => {
            for (let end = topic.name.indexOf("."); end !== -1; end = topic.name.indexOf(".", end + 1)) {
              const parent = topics.get(topic.name.slice(0, end));
              if (parent !== undefined && parent.owner.team !== topic.owner.team) {
                return [
                  {
                    message: `${topic.name} of ${topic.owner.team} extends the name of ${parent.name}, which belongs to ${parent.owner.team}`,
                    fix: "begin the name with your own domain",
                    object: topic.name,
                    at: topic.source,
                  },
                ];
              }
            }
            return [];
          });
      },
    }),
  }),
];
