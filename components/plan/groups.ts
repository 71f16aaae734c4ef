import { compareText } from "../model/problem.ts";
import type { Consumer, Domain, Model, Producer, TopicDeclaration } from "../model/types.ts";
import type { SourceLocation } from "./types.ts";

/** A service's consumer group with all it reads; one group per service, named like it. */
export interface ConsumerGroup {
  readonly service: string;
  /** Domain that runs the service. */
  readonly domain: string;
  /** Team that runs the service. */
  readonly team: string;
  /** Sorted by topic. */
  readonly consumptions: readonly { readonly topic: TopicDeclaration; readonly consumer: Consumer }[];
  /** Delays in ms over all its topics, ascending. */
  readonly retryDelays: readonly number[];
  /** Its first declaration, by file and line. */
  readonly source: SourceLocation;
}

/** A topic and one of its producers. */
export interface Production {
  readonly topic: TopicDeclaration;
  readonly producer: Producer;
}

/** All topics of the model, sorted by name. */
export function declaredTopics(model: Model): TopicDeclaration[] {
  return model.domains.flatMap((domain) => domain.topics).sort((a, b) => compareText(a.name, b.name));
}

/** Every consumer group, sorted by service. */
export function consumerGroups(model: Model): ConsumerGroup[] {
  const byService = new Map<string, { topic: TopicDeclaration; consumer: Consumer }[]>();
  for (const topic of declaredTopics(model)) {
    for (const consumer of topic.consumers) byService.set(consumer.service, [...(byService.get(consumer.service) ?? []), { topic, consumer }]);
  }
  const owners = serviceOwners(model);
  return [...byService]
    .sort(([a], [b]) => compareText(a, b))
    .map(([service, consumptions]) => {
      const owner = owners.get(service);
      const first = consumptions[0];
      if (first === undefined) throw new Error(`the group ${service} reads nothing`);
      const source = consumptions.map(({ consumer }) => consumer.source).reduce((a, b) => (compareText(a.file, b.file) || a.line - b.line) <= 0 ? a : b);
      return {
        service,
        domain: owner?.name ?? first.topic.domain,
        team: owner?.owner.team ?? first.topic.owner.team,
        consumptions,
        retryDelays: [...new Set(consumptions.flatMap(({ consumer }) => consumer.retryDelays))].sort((a, b) => a - b),
        source,
      };
    });
}

/** What each service writes, sorted by service and topic. */
export function productions(model: Model): Map<string, Production[]> {
  const byService = new Map<string, Production[]>();
  for (const topic of declaredTopics(model)) {
    for (const producer of topic.producers) byService.set(producer.service, [...(byService.get(producer.service) ?? []), { topic, producer }]);
  }
  return new Map([...byService].sort(([a], [b]) => compareText(a, b)));
}

/** Services with access to Kafka, sorted. */
export function kafkaServices(model: Model): string[] {
  return [...new Set([...consumerGroups(model).map((group) => group.service), ...productions(model).keys()])].sort(compareText);
}

/** The domain that runs each service: the one that lists it, else the only one whose topics it writes to. */
function serviceOwners(model: Model): Map<string, Domain> {
  const owners = new Map<string, Domain>();
  for (const [service, written] of productions(model)) {
    const domains = new Set(written.map(({ topic }) => topic.domain));
    const domain = domains.size === 1 ? model.domains.find((candidate) => domains.has(candidate.name)) : undefined;
    if (domain !== undefined) owners.set(service, domain);
  }
  for (const domain of model.domains) for (const service of domain.services) owners.set(service, domain);
  return owners;
}
