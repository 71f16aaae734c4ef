import fc from "fast-check";
import { type PlatformState, platformState } from "../../../../components/plan/diff/state.ts";
import { modelOf, type SampleTopic, stackWith } from "../sample-models.ts";

/** One edit of a sample topic; each kind touches something that a rule of its own judges. */
export interface Edit {
  readonly topic: number;
  readonly apply: (topic: SampleTopic) => SampleTopic | undefined;
  readonly name: string;
}

const kinds: readonly Omit<Edit, "topic">[] = [
  { name: "more partitions", apply: (topic) => ({ ...topic, partitions: topic.partitions * 2 }) },
  {
    name: "fewer partitions",
    apply: (topic) =>
      topic.partitions === 1
        ? topic
        : { ...topic, partitions: 1, consumers: topic.consumers.map((consumer) => ({ ...consumer, instances: 1 })) },
  },
  { name: "short retention", apply: (topic) => ({ ...topic, retention: "30m" }) },
  { name: "endless retention", apply: (topic) => ({ ...topic, retention: "forever" }) },
  { name: "short segments", apply: (topic) => ({ ...topic, log: { segmentAge: "2m", segmentSize: "2MiB" } }) },
  { name: "brokers' timestamps", apply: (topic) => ({ ...topic, log: { timestampType: "LogAppendTime" } }) },
  {
    name: "compaction with lags",
    apply: (topic) => ({
      ...topic,
      log: { cleanup: "compact", minCompactionLag: "1h", maxCompactionLag: "2h", dirtyRatio: "0.9" },
    }),
  },
  { name: "no consumers", apply: (topic) => ({ ...topic, consumers: [] }) },
  { name: "no producers", apply: (topic) => ({ ...topic, producers: [] }) },
  {
    name: "a consumer more",
    apply: (topic) => ({
      ...topic,
      consumers: [...topic.consumers, { service: `reader-of-${topic.name}`, events: 1, instances: 1 }],
    }),
  },
  {
    name: "one event",
    apply: (topic) => ({
      ...topic,
      events: 1,
      consumers: topic.consumers.map((consumer) => ({ ...consumer, events: 1 })),
    }),
  },
  { name: "gone", apply: () => undefined },
];

/** Edits of different topics of a list of some length. */
export const edits = (length: number): fc.Arbitrary<Edit[]> =>
  fc.uniqueArray(
    fc
      .record({ topic: fc.nat({ max: length - 1 }), kind: fc.constantFrom(...kinds) })
      .map(({ topic, kind }) => ({ topic, ...kind })),
    { minLength: 1, maxLength: length, selector: ({ topic }) => topic },
  );

/** The topics with some edits made. */
export function edited(topics: readonly SampleTopic[], made: readonly Edit[]): SampleTopic[] {
  return topics.flatMap((topic, index) => {
    const edit = made.find((each) => each.topic === index);
    const result = edit === undefined ? topic : edit.apply(topic);
    return result === undefined ? [] : [result];
  });
}

/** The state of sample topics, in an environment large enough that no limit is met. */
export function sampleState(topics: readonly SampleTopic[]): PlatformState {
  return platformState(
    modelOf(topics),
    stackWith({ capacity: { partitionsPerBroker: 1_000_000, networkPerBroker: "1000GB/s" } }),
    "local",
  );
}
