import * as z from "zod";
import { brokerCount } from "../../components/model/stack/stack.ts";
import { platformPrincipals } from "../../components/model/values/names.ts";
import { formatRate } from "../../components/model/values/rate.ts";
import type { QuotaFacts } from "../facts.ts";
import { type Breach, type Rule, rule, ruleWith } from "../rule.ts";

const quota = (props: string): string => `- {type: kafka:index/quota:Quota, name: order-service, props: {${props}}}`;
const user =
  "- {type: kafka:index/userScramCredential:UserScramCredential, name: order-service, props: {username: order-service, scramMechanism: SCRAM-SHA-512, scramIterations: 4096}}";
const good = quota('entityType: user, entityName: order-service, config: {producer_byte_rate: "5242880"}');

type Direction = "producer_byte_rate" | "consumer_byte_rate";
const directions: readonly { readonly key: Direction; readonly verb: string }[] = [
  { key: "producer_byte_rate", verb: "write" },
  { key: "consumer_byte_rate", verb: "read" },
];

/** Rules on quotas. */
export const quotaRules: readonly Rule[] = [
  rule({
    id: "quota-declared",
    subject: "quotas",
    level: "info",
    summary: "Producers and consumers declare a quota.",
    rationale: "The stack's default fits no service exactly, and capacity is planned from declared quotas.",
    wrong: { topic: "producers: {order-service: {quota: null}}" },
    right: { topic: "producers: {order-service: {quota: 5MiB/s}}" },
    checks: () => ({
      declaration({ model }) {
        const declared = new Set<string>();
        const all = model.domains
          .flatMap((domain) => domain.topics)
          .flatMap((topic) => [
            ...topic.producers.map((each) => ({ ...each, verb: "write" })),
            ...topic.consumers.map((each) => ({ ...each, verb: "read" })),
          ]);
        for (const { service, verb, quota: rate } of all) if (rate !== undefined) declared.add(`${verb} ${service}`);
        const breaches = new Map<string, Breach>();
        for (const { service, verb, source } of all) {
          const key = `${verb} ${service}`;
          if (!declared.has(key) && !breaches.has(key))
            breaches.set(key, {
              message: `${service} declares no ${verb} quota on any topic and gets the stack's default`,
              fix: "add quota:, for example 5MiB/s",
              object: service,
              at: source,
            });
        }
        return [...breaches.values()];
      },
    }),
  }),
  rule({
    id: "rate-above-quota",
    subject: "quotas",
    level: "warning",
    summary: "A producer's quota allows its declared rate.",
    rationale:
      "Brokers throttle a producer above its quota, so it never reaches the declared rate, for which disks are planned. A quota applies on each broker: the rate is spread over the brokers that lead the topic's partitions, and a service's quotas add up.",
    wrong: { topic: "producers: {order-service: {rate: 200MB/s, quota: 5MiB/s}}" },
    right: { topic: "producers: {order-service: {rate: 20MB/s, quota: 5MiB/s}}" },
    checks: () => ({
      declaration({ model, plan }, { stack }) {
        const quotas = new Map(plan.quotas.map(({ principal, producerByteRate }) => [principal, producerByteRate]));
        const brokers = brokerCount(stack);
        const declared = model.domains
          .flatMap((domain) => domain.topics)
          .flatMap((topic) =>
            topic.producers
              .filter(({ rate }) => rate !== undefined)
              .map((producer) => ({
                topic,
                producer,
                share: (producer.rate ?? 0) / Math.min(brokers, topic.partitions),
              })),
          );
        return [...Map.groupBy(declared, ({ producer }) => producer.service)].flatMap(([service, shares]): Breach[] => {
          const quota = quotas.get(service);
          const needed = Math.ceil(shares.reduce((sum, { share }) => sum + share, 0));
          const [largest] = shares.toSorted((a, b) => b.share - a.share);
          if (quota === undefined || largest === undefined || needed <= quota) return [];
          const rates = shares.map(({ topic, producer }) => `${formatRate(producer.rate ?? 0)} to ${topic.name}`);
          return [
            {
              message: `${service} declares ${rates.join(" and ")}: ${upToKilobytes(needed)} on a broker, but its quota allows ${formatRate(quota)}`,
              fix: `raise its quota by ${upToKilobytes(needed - quota)}, or lower rate`,
              object: service,
              at: largest.producer.source,
            },
          ];
        });
      },
    }),
  }),
  ruleWith({
    id: "quota-present",
    subject: "quotas",
    level: "error",
    summary: "Each service has a quota.",
    rationale: "Without a quota, a single service in a loop uses the network of every broker.",
    parameters: z.strictObject({ exempt: z.array(z.string()).default([...platformPrincipals]) }),
    wrong: { resources: user },
    right: { resources: `${user}\n${good}` },
    checks: ({ exempt }) => ({
      cluster({ users, quotas }) {
        if (
          quotas.some(
            (each) => each.entityType === undefined || (each.entityType === "user" && each.entityName === undefined),
          )
        )
          return undefined;
        const limited = new Set(
          quotas.filter(({ entityType }) => entityType === "user").map(({ entityName }) => entityName),
        );
        return users.flatMap(({ name, source }): Breach[] =>
          name === undefined || limited.has(name) || exempt.includes(name)
            ? []
            : [{ message: `${name} has no quota`, fix: `add a quota on the user ${name}`, object: name, at: source }],
        );
      },
    }),
  }),
  rule({
    id: "quota-entity",
    subject: "quotas",
    level: "error",
    summary: "A quota applies to a named user.",
    rationale:
      "A client can choose its client id, so a quota on it limits nothing; a default quota changes for all users at once.",
    wrong: {
      resources: quota('entityType: client-id, entityName: order-service, config: {producer_byte_rate: "5242880"}'),
    },
    right: { resources: good },
    checks: () => ({
      quota({ entityType, entityName }) {
        if (entityType === undefined || entityType === "user") return undefined;
        return {
          message: `the quota applies to ${entityType} ${entityName ?? "(default)"}`,
          fix: "apply it to the user",
        };
      },
    }),
  }),
  ruleWith({
    id: "quota-share",
    subject: "quotas",
    level: "warning",
    summary: "One service may use only a share of a broker's network.",
    rationale: "A quota above a broker's network capacity has no effect.",
    parameters: z.strictObject({ share: z.number().gt(0).max(1).default(0.5) }),
    wrong: { topic: "producers: {order-service: {quota: 1GB/s}}" },
    right: { topic: "producers: {order-service: {quota: 5MiB/s}}" },
    checks: ({ share }) => ({
      quota(fact, { stack }) {
        const limit = Math.floor(stack.capacity.networkPerBroker * share);
        return directions.flatMap(({ key, verb }): Breach[] => {
          const rate = fact.config?.[key];
          return rate === undefined || rate <= limit
            ? []
            : [
                {
                  message: `${fact.entityName ?? "every user"} may ${verb} ${formatRate(rate)} per broker; the maximum is ${Math.round(share * 100)} % of a broker's network, ${formatRate(limit)}`,
                  fix: `lower the quota to ${formatRate(limit)} or less`,
                },
              ];
        });
      },
    }),
  }),
  ruleWith({
    id: "quota-sum",
    subject: "quotas",
    level: "warning",
    summary: "The sum of all quotas fits a broker's network.",
    rationale:
      "Quotas apply per broker. Written data arrives once and leaves again for each other replica; read data leaves. If the sum exceeds the network, quotas no longer protect the services.",
    parameters: z.strictObject({ share: z.number().gt(0).max(10).default(1) }),
    wrong: { topic: "producers: {order-service: {quota: 600MB/s}}" },
    right: { topic: "producers: {order-service: {quota: 5MiB/s}}" },
    checks: ({ share }) => ({
      cluster({ quotas }, { stack }) {
        const total = (key: Direction): number => quotas.reduce((sum, fact) => sum + (fact.config?.[key] ?? 0), 0);
        const written = total("producer_byte_rate");
        const read = total("consumer_byte_rate");
        const capacity = Math.floor(stack.capacity.networkPerBroker * share);
        // Each outgoing copy has an incoming one, so with an even spread both directions carry the copies.
        const inbound = written * stack.topics.replicationFactor;
        const outbound = written * (stack.topics.replicationFactor - 1) + read;
        const largest = [...quotas].sort((a, b) => rateOf(b) - rateOf(a))[0];
        return [
          { way: "come in", sum: inbound },
          { way: "go out", sum: outbound },
        ].flatMap(({ way, sum }): Breach[] =>
          sum <= capacity
            ? []
            : [
                {
                  message: `if all quotas are used, ${formatRate(sum)} would ${way} each broker; its network carries ${formatRate(capacity)}`,
                  fix: `lower quotas, first the one of ${largest?.entityName ?? "the largest"}`,
                  object: largest?.entityName ?? "cluster",
                  ...(largest === undefined ? {} : { at: largest.source }),
                },
              ],
        );
      },
    }),
  }),
];

/** Returns a rate as the files write it, rounded up. */
function upToKilobytes(bytesPerSecond: number): string {
  return formatRate(Math.ceil(bytesPerSecond / 1_000) * 1_000);
}

function rateOf({ config }: QuotaFacts): number {
  return (config?.producer_byte_rate ?? 0) + (config?.consumer_byte_rate ?? 0);
}
