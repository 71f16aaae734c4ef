/**
 * Records that no consumer can read, of the maximum size: their dead-letter records are larger still. Each must become a
 * dead-letter record of every group, and no record with another key may wait behind it.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { Producer } from "@platformatic/kafka";
import { KitError } from "../../errors.ts";
import type { InjectedRecord, WitnessedFault } from "../../witness.ts";
import type { KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { runFault } from "./fault.ts";
import { deadLettersProbe, envelopeOf, groupsOf, poisonedRecord, schemaIds } from "./poison.ts";

type LargePoison = Extract<KitInjection, { fault: "large-poison" }>;

const SMALL_BYTES = 24_000;
/** Together below a topic's maximum batch size. */
const SMALL_AT_ONCE = 30;
/** With its header just below the topics' maximum of 1 MB. */
const LARGE_BYTES = 880_000;
/** Bytes that are not text: each takes three when it is made printable. */
const HEADER_BYTES = 90_000;

/**
 * Writes many invalid records to one partition, then the largest one, and waits until each is a dead-letter record of every
 * group.
 */
export async function poisonWithLargeRecords(site: Site, injection: LargePoison, at: number): Promise<WitnessedFault> {
  const { topic, event, heap } = injection;
  const written: InjectedRecord[] = [];
  const groups = groupsOf(site, topic, event);
  return await runFault(site, {
    name: `${heap} wrong records of ${SMALL_BYTES / 1_000} kB and one of the largest size in ${topic}`,
    at,
    lengthMs: injection.lengthMs,
    probes: [deadLettersProbe(site, written, `dead-letter records of ${heap + 1} large wrong records`)],
    async strike() {
      const { value } = poisonedRecord("not-avro", await schemaIds(site, event));
      const producer = new Producer({ ...site.access.kafka, idempotent: true });
      const write = async (
        records: readonly { readonly key: string; readonly bytes: number; readonly header?: Buffer }[],
        kind: string,
      ): Promise<void> => {
        const { offsets } = await producer.send({
          acks: -1,
          messages: records.map(({ key, bytes, header }) => ({
            topic,
            key: Buffer.from(key),
            value: Buffer.concat([value, randomBytes(bytes)]),
            headers: new Map([
              ...Object.entries(envelopeOf(site, event)).map(
                ([name, text]) => [Buffer.from(name), Buffer.from(text)] as const,
              ),
              ...(header === undefined ? [] : [[Buffer.from("trace-state"), header] as const]),
            ]),
          })),
        });
        const first = offsets?.[0];
        if (first === undefined)
          throw new KitError("KIT_CHAOS_FAILED", `Kafka did not say where in ${topic} the records were written`);
        for (const place of records.keys()) {
          const record = {
            topic,
            partition: first.partition,
            offset: String(BigInt(first.offset) + BigInt(place)),
            kind,
            groups,
          };
          written.push(record);
          site.injected(record);
        }
      };
      try {
        // One key: one partition of the topic, and one of every group's dead-letter topic.
        const key = randomUUID();
        for (let left = heap; left > 0; left -= SMALL_AT_ONCE) {
          site.signal.throwIfAborted();
          await write(
            Array.from({ length: Math.min(left, SMALL_AT_ONCE) }, () => ({ key, bytes: SMALL_BYTES })),
            "large-heap",
          );
        }
        await write([{ key: randomUUID(), bytes: LARGE_BYTES, header: Buffer.alloc(HEADER_BYTES, 0xff) }], "largest");
      } finally {
        await producer.close();
      }
      site.note(`${written.length} large wrong records in ${topic}, as ${event}`);
    },
    heal: () => Promise.resolve(),
  });
}
