/** Services' use of topics as AsyncAPI operations. Pure. */
import type { Consumer, Producer, TopicDeclaration } from "../../../components/model/types.ts";
import type { Topology } from "../../../components/plan/topology.ts";
import type { PlannedQuota, ServiceContract } from "../../../components/plan/types.ts";
import type { Operation, Tag } from "./types.ts";
import { KAFKA_BINDING, reference } from "./types.ts";

/** Data of services, by name. */
export interface ServiceFacts {
  readonly owners: Topology["owners"];
  readonly contracts: ReadonlyMap<string, ServiceContract>;
  readonly quotas: ReadonlyMap<string, PlannedQuota>;
}

/** A service sends events to a topic. */
export function sendOperation(topic: TopicDeclaration, producer: Producer, facts: ServiceFacts): [string, Operation] {
  const quota = facts.quotas.get(producer.service)?.producerByteRate;
  return [
    `${producer.service}.send.${topic.name}`,
    {
      action: "send",
      ...common(topic, producer, "sends to", facts),
      ...(producer.rate === undefined ? {} : { "x-average-bytes-per-second": producer.rate }),
      ...(quota === undefined ? {} : { "x-quota-bytes-per-second-and-broker": quota }),
      ...(producer.transactional === true ? { "x-transactional": true } : {}),
    },
  ];
}

/** A service's consumer group receives events from a topic. */
export function receiveOperation(
  topic: TopicDeclaration,
  consumer: Consumer,
  facts: ServiceFacts,
): [string, Operation] {
  const contract = facts.contracts.get(consumer.service);
  const quota = facts.quotas.get(consumer.service)?.consumerByteRate;
  const group = contract?.group ?? consumer.service;
  const retries = contract?.retryTopics.map(({ topic: name }) => name) ?? [];
  return [
    `${consumer.service}.receive.${topic.name}`,
    {
      action: "receive",
      ...common(topic, consumer, "receives from", facts),
      bindings: { kafka: { groupId: { type: "string", enum: [group] }, bindingVersion: KAFKA_BINDING } },
      "x-instances": consumer.instances,
      ...(quota === undefined ? {} : { "x-quota-bytes-per-second-and-broker": quota }),
      ...(contract?.deadLetterTopic === undefined ? {} : { "x-dead-letter-topic": contract.deadLetterTopic }),
      ...(retries.length === 0 ? {} : { "x-retry-topics": retries }),
      ...(consumer.fetches.length === 0 ? {} : { "x-fetches-claim-checks-of": consumer.fetches }),
    },
  ];
}

function common(
  topic: TopicDeclaration,
  { service, events, source }: Producer | Consumer,
  does: string,
  { owners }: ServiceFacts,
) {
  const owner = owners.get(service);
  const title = `${service} ${does} ${topic.name}`;
  const tags: Tag[] = [
    { name: `service:${service}` },
    ...(owner === undefined ? [] : [{ name: `owner:${owner.owner.team}` }]),
  ];
  return {
    channel: reference("channels", topic.name),
    title,
    description: `${title}: ${events.join(", ")}.`,
    messages: events.map((event) => reference("channels", topic.name, "messages", event)),
    tags,
    "x-service": service,
    ...(owner === undefined ? {} : { "x-owner": { ...owner.owner } }),
    "x-declared-at": `${source.file}:${source.line}`,
  } as const;
}
