import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PublishError } from "../../../../service-templates/lib/kafka/refusal.ts";
import { isolator } from "../../../../service-templates/lib/outbox/isolation.ts";

interface Item {
  readonly place: number;
  readonly key: number;
  readonly topic: string;
  readonly bad: boolean;
}

const TOO_LARGE = new PublishError("SVC_PUBLISH_TOO_LARGE", "too large", { reach: "record" });
const AWAY = new PublishError("SVC_PUBLISH_UNAVAILABLE", "away", { reach: "circumstances" });
const laneOf = ({ topic, key }: Item): string => `${topic} ${key}`;
const topicOf = ({ topic }: Item): string => topic;

const items = fc
  .array(fc.record({ key: fc.integer({ min: 0, max: 12 }), bad: fc.boolean(), topic: fc.constantFrom("a", "b") }), {
    minLength: 1,
    maxLength: 120,
  })
  .map((rows) => rows.map((row, place): Item => ({ ...row, place })));

describe("isolation of what is refused", () => {
  it("refuses the first bad item of each lane, accepts what is before it, leaves what is behind it, in order", async () => {
    await fc.assert(
      fc.asyncProperty(items, async (all) => {
        const log: Item[] = [];
        const work = isolator<Item>({
          topicOf,
          laneOf,
          send: async (some) => {
            if (some.some(({ bad }) => bad)) throw TOO_LARGE;
            log.push(...some);
          },
        });
        await work.publish(all);
        const { accepted, refused, failure } = work.outcome();
        expect(failure).toBeUndefined();
        const lanes = [...Map.groupBy(all, laneOf).values()];
        const first = lanes.flatMap((lane) => lane.find(({ bad }) => bad) ?? []);
        expect(refused.map(({ item }) => item).toSorted((a, b) => a.place - b.place)).toEqual(
          first.toSorted((a, b) => a.place - b.place),
        );
        for (const lane of lanes) {
          const name = laneOf(lane[0] as Item);
          const end = lane.findIndex(({ bad }) => bad);
          expect(accepted.filter((item) => laneOf(item) === name)).toEqual(end < 0 ? lane : lane.slice(0, end));
        }
        expect(log).toEqual(accepted);
      }),
      { numRuns: 200 },
    );
  });

  it("finds one culprit among 500 with few requests", async () => {
    let sent = 0;
    const work = isolator<Item>({
      topicOf,
      laneOf,
      send: async (some) => {
        sent += 1;
        if (some.some(({ bad }) => bad)) throw TOO_LARGE;
      },
    });
    await work.publish(
      Array.from({ length: 500 }, (_, place) => ({ place, key: place, topic: "a", bad: place === 377 })),
    );
    expect(work.outcome().accepted).toHaveLength(499);
    expect(sent).toBeLessThan(25);
  });

  it("sends nothing more after a failure of the circumstances, and refuses nothing", async () => {
    let sent = 0;
    const work = isolator<Item>({
      topicOf,
      laneOf,
      send: async () => {
        sent += 1;
        throw AWAY;
      },
    });
    const some = Array.from({ length: 8 }, (_, place) => ({ place, key: place, topic: "a", bad: false }));
    await work.publish(some);
    await work.publish(some);
    expect(sent).toBe(1);
    expect(work.outcome()).toMatchObject({ accepted: [], refused: [], failure: AWAY });
  });

  it("takes an error that it does not understand, and that meets everything, for the circumstances'", async () => {
    let sent = 0;
    const strange = new Error("strange");
    for (const length of [1, 3, 500]) {
      sent = 0;
      const work = isolator<Item>({
        topicOf,
        laneOf,
        send: async () => {
          sent += 1;
          throw strange;
        },
      });
      await work.publish(Array.from({ length }, (_, place) => ({ place, key: place, topic: "a", bad: false })));
      expect(work.outcome().failure).toBe(strange);
      expect(sent).toBeLessThan(30);
    }
  });

  it("leaves out a topic at once where the error names it", async () => {
    const missing = new PublishError("SVC_PUBLISH_TOPIC_MISSING", "no", { reach: "topic", topic: "b" });
    let sent = 0;
    const work = isolator<Item>({
      topicOf,
      laneOf,
      send: async (some) => {
        sent += 1;
        if (some.some(({ topic }) => topic === "b")) throw missing;
      },
    });
    await work.publish(
      Array.from({ length: 40 }, (_, place) => ({
        place,
        key: place % 10,
        topic: place % 2 === 0 ? "a" : "b",
        bad: false,
      })),
    );
    expect(sent).toBe(2);
    expect(work.outcome().accepted).toHaveLength(20);
    expect(work.outcome().refused).toHaveLength(5);
  });
});
