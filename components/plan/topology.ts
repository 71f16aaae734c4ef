import { compareText } from "../model/problems/problem.ts";
import type { SourceLocation } from "../model/problems/source-location.ts";
import type { Consumer, Domain, Model, Producer, TopicDeclaration } from "../model/types.ts";

/** The consumer group of a service with all topics that it reads. A service has one group, with the name of the service. */
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
  /** The first declaration of the group, by file and line. */
  readonly source: SourceLocation;
}

/** A topic and one of its producers. */
export interface Production {
  readonly topic: TopicDeclaration;
  readonly producer: Producer;
}

/**
 * Which services read and write which topics: the model, indexed by service. It is computed once, and every part of the
 * plan uses it.
 */
export interface Topology {
  /** Every declared topic, sorted by name. */
  readonly topics: readonly TopicDeclaration[];
  /** Consumer groups by service, ordered by service. */
  readonly groups: ReadonlyMap<string, ConsumerGroup>;
  /** Topics that each service writes, ordered by service, then topic. */
  readonly productions: ReadonlyMap<string, readonly Production[]>;
  /**
   * The domain that runs each service: the domain that lists it, otherwise the only domain whose topics it writes to. A
   * service without such a domain is not included.
   */
  readonly owners: ReadonlyMap<string, Domain>;
  /** Services with access to Kafka, sorted. */
  readonly services: readonly string[];
}

/** Converts the model, which is ordered by topic, to an index by service. */
export function topologyOf(model: Model): Topology {
  const topics = declaredTopics(model);
  const written = productions(topics);
  const owners = serviceOwners(model, written);
  const groups = consumerGroups(topics, owners);
  return {
    topics,
    groups,
    productions: written,
    owners,
    services: [...new Set([...groups.keys(), ...written.keys()])].sort(compareText),
  };
}

/** Returns every declared topic, sorted by name. */
export function declaredTopics(model: Model): TopicDeclaration[] {
  return model.domains.flatMap((domain) => domain.topics).sort((a, b) => compareText(a.name, b.name));
}

function consumerGroups(
  topics: readonly TopicDeclaration[],
  owners: ReadonlyMap<string, Domain>,
): Map<string, ConsumerGroup> {
  const byService = Map.groupBy(
    topics.flatMap((topic) => topic.consumers.map((consumer) => ({ topic, consumer }))),
    ({ consumer }) => consumer.service,
  );
  const groups = new Map<string, ConsumerGroup>();
  for (const [service, consumptions] of sortedByKey(byService)) {
    const owner = owners.get(service);
    const first = consumptions.reduce((a, b) =>
      (compareText(a.consumer.source.file, b.consumer.source.file) ||
        a.consumer.source.line - b.consumer.source.line) <= 0
        ? a
        : b,
    );
    groups.set(service, {
      service,
      domain: owner?.name ?? first.topic.domain,
      team: owner?.owner.team ?? first.topic.owner.team,
      consumptions,
      retryDelays: [...new Set(consumptions.flatMap(({ consumer }) => consumer.retryDelays))].sort((a, b) => a - b),
      source: first.consumer.source,
    });
  }
  return groups;
}

function productions(topics: readonly TopicDeclaration[]): Map<string, Production[]> {
  return new Map(
    sortedByKey(
      Map.groupBy(
        topics.flatMap((topic) => topic.producers.map((producer) => ({ topic, producer }))),
        ({ producer }) => producer.service,
      ),
    ),
  );
}

function serviceOwners(model: Model, written: ReadonlyMap<string, readonly Production[]>): Map<string, Domain> {
  const byName = new Map(model.domains.map((domain) => [domain.name, domain]));
  const owners = new Map<string, Domain>();
  for (const [service, productionsOfService] of written) {
    const [only, ...others] = new Set(productionsOfService.map(({ topic }) => topic.domain));
    const domain = only === undefined || others.length > 0 ? undefined : byName.get(only);
    if (domain !== undefined) owners.set(service, domain);
  }
  for (const domain of model.domains) for (const service of domain.services) owners.set(service, domain);
  return owners;
}

function sortedByKey<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}
