import fc from "fast-check";
import { expectRead } from "../../../components/model/read.ts";
import type { SourceFile } from "../../../components/model/source-file.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import type { StackSettings } from "../../../components/model/stack/stack.ts";
import { readTopics } from "../../../components/model/topics/read-topics.ts";
import type { Model } from "../../../components/model/types.ts";
import type { PlatformPlan } from "../../../components/plan/types.ts";

/** A stack with defaults, changed by the given settings. */
export function stackWith(settings: object = {}): StackSettings {
  return expectRead(parseStackSettings({ substrate: "local", ...settings }));
}

/** A topic as the generator makes it, before it becomes YAML. */
export interface SampleTopic {
  readonly name: string;
  readonly partitions: number;
  readonly events: number;
  readonly retention?: string;
  /** Further settings, as the files write them. */
  readonly log?: Readonly<Record<string, string>>;
  readonly producers: readonly { readonly service: string; readonly quota?: string }[];
  readonly consumers: readonly {
    readonly service: string;
    readonly events: number;
    readonly instances: number;
    readonly quota?: string;
    readonly retry?: readonly string[];
  }[];
}

const services = ["ant", "bee", "cat", "dog", "elk"];
const quota = fc.option(fc.constantFrom("1MiB/s", "10MiB/s"), { nil: undefined });
const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });

/** Topics of one project, with distinct names. */
export const sampleTopics: fc.Arbitrary<SampleTopic[]> = fc.uniqueArray(
  fc
    .record({
      name: fc.constantFrom("t-one", "t-two", "t-three", "t-four", "t-five", "t-six"),
      partitions: fc.integer({ min: 1, max: 60 }),
      events: fc.integer({ min: 1, max: 3 }),
      retention: fc.option(fc.constantFrom("1h", "7d", "60d", "forever"), { nil: undefined }),
      producers: fc.uniqueArray(fc.record({ service: fc.constantFrom(...services), quota }), {
        selector: ({ service }) => service,
        maxLength: 3,
      }),
      consumers: fc.uniqueArray(
        fc.record({
          service: fc.constantFrom(...services),
          quota,
          events: fc.integer({ min: 1, max: 3 }),
          instances: fc.integer({ min: 1, max: 60 }),
          retry: fc.option(fc.constantFrom(["10s"], ["10s", "5m"]), { nil: undefined }),
        }),
        {
          selector: ({ service }) => service,
          maxLength: 4,
        },
      ),
    })
    .map(
      ({ retention, producers, consumers, ...topic }): SampleTopic => ({
        ...topic,
        ...optional("retention", retention),
        producers: producers.map((producer) => ({ service: producer.service, ...optional("quota", producer.quota) })),
        consumers: consumers.map((consumer) => ({
          service: consumer.service,
          events: Math.min(consumer.events, topic.events),
          instances: Math.min(consumer.instances, topic.partitions),
          ...optional("quota", consumer.quota),
          ...optional("retry", consumer.retry),
        })),
      }),
    ),
  { selector: ({ name }) => name, minLength: 1, maxLength: 6 },
);

/** Name of a sample topic's event by number. */
export function eventOf(topic: string, index: number): string {
  return `${topic.replace("-", ".")}.e${index}`;
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** The files of a project: topics are spread over two domains by their name, schemas beside them. */
export function filesOf(topics: readonly SampleTopic[]): SourceFile[] {
  const files: SourceFile[] = [];
  for (const domain of ["first", "second"]) {
    const own = topics.filter(({ name }) => (name.length % 2 === 0 ? "first" : "second") === domain);
    const lines = own.map((topic) => {
      const events = range(topic.events).map(
        (index) => `${eventOf(topic.name, index)}: {schema: schemas/${topic.name}-${index}.avsc}`,
      );
      const producers = topic.producers.map(
        (producer) => `${producer.service}: {${producer.quota === undefined ? "" : `quota: ${producer.quota}`}}`,
      );
      const consumers = topic.consumers.map((consumer) => {
        const wanted = range(consumer.events).map((index) => eventOf(topic.name, index));
        return `${consumer.service}: {instances: ${consumer.instances}, events: [${wanted.join(", ")}]${consumer.quota === undefined ? "" : `, quota: ${consumer.quota}`}${consumer.retry === undefined ? "" : `, retry: [${consumer.retry.join(", ")}]`}}`;
      });
      return [
        `  ${topic.name}:`,
        "    description: A sample.",
        `    partitions: ${topic.partitions}`,
        ...(topic.retention === undefined ? [] : [`    retention: ${topic.retention}`]),
        ...Object.entries(topic.log ?? {}).map(([setting, value]) => `    ${setting}: ${value}`),
        `    events: {${events.join(", ")}}`,
        `    producers: {${producers.join(", ")}}`,
        `    consumers: {${consumers.join(", ")}}`,
      ].join("\n");
    });
    files.push({
      path: `topics/${domain}.yaml`,
      text: `domain: ${domain}\nowner: {team: team-${domain}, contact: "#x"}\ncriticality: low\ntopics:${lines.length === 0 ? " {}" : `\n${lines.join("\n")}`}\n`,
    });
  }
  for (const topic of topics) {
    for (const index of range(topic.events)) {
      files.push({
        path: `topics/schemas/${topic.name}-${index}.avsc`,
        text: JSON.stringify({
          type: "record",
          name: `${topic.name.replace("-", "_")}_${index}`,
          namespace: "com.example",
          fields: [],
        }),
      });
    }
  }
  return files;
}

/** The model of sample topics. */
export function modelOf(topics: readonly SampleTopic[]): Model {
  return expectRead(readTopics(filesOf(topics)));
}

/** A plan without the places of its declarations, which are for messages only. */
export function withoutSources(plan: PlatformPlan): unknown {
  return JSON.parse(JSON.stringify(plan, (key, value: unknown) => (key === "source" ? undefined : value)));
}
