/**
 * A simulated channel with its own table (channel_deliveries) and a behaviour that can be changed while it runs. It
 * writes over its own connections, like an external system: its changes remain when the service's transaction rolls
 * back. Work that takes longer than the caller's timeout is still done.
 */
import type { Clock } from "@event-platform-kit/service/clock";
import type { Switchable } from "@event-platform-kit/service/simulation";
import { storedBehaviour } from "@event-platform-kit/service/simulation";
import { lateAnswers } from "@event-platform-kit/service/simulation/late-answers";
import { mishapOf } from "@event-platform-kit/service/simulation/mishap";
import type { Database } from "@event-platform-kit/service/storage/database";
import type { Channel, ChannelName, DeliveryAnswer, DeliveryRequest } from "./channel.ts";

/** A simulated channel. accept: sends. reject: does not reach the customer. */
export interface ChannelSimulator extends Channel, Switchable {
  /** Ends the work in progress. */
  close(): Promise<void>;
}

export interface SimulatorOptions {
  readonly name: ChannelName;
  readonly database: Database;
  /** The caller's timeout, in milliseconds. */
  readonly answerLimitMs: number;
  readonly clock: Clock;
}

type Entry = "accepted" | "rejected";

export function channelSimulator({ name, database, answerLimitMs, clock }: SimulatorOptions): ChannelSimulator {
  const answers = lateAnswers(answerLimitMs);
  const kept = storedBehaviour(database, { table: "channel_behaviour", column: "channel" }, name);

  /** Sends or refuses. Returns what the table contains by message, so that repetitions and races get the same result. */
  async function enter(requests: readonly DeliveryRequest[], status: Entry): Promise<ReadonlyMap<string, Entry>> {
    if (requests.length === 0) return new Map();
    const rows = await database.query<{ message_id: string; status: Entry }>({
      name: "channel-deliver",
      // Writing the key onto itself returns the existing row to a repetition.
      text: `INSERT INTO channel_deliveries (channel, message_id, status, recipient, subject, body, at)
             SELECT $1, asked.message_id, $6, asked.recipient, asked.subject, asked.body, to_timestamp($7 / 1000.0)
               FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS asked(message_id, recipient, subject, body) ORDER BY asked.message_id
             ON CONFLICT (channel, message_id) DO UPDATE SET channel = EXCLUDED.channel
             RETURNING message_id, status`,
      values: [
        name,
        requests.map((request) => request.messageId),
        requests.map((request) => request.recipient),
        requests.map((request) => request.subject),
        requests.map((request) => request.body),
        status,
        clock(),
      ],
    });
    return new Map(rows.map((row) => [row.message_id, row.status]));
  }

  return {
    name,
    ...kept,
    async deliver(requests) {
      const now = await kept.behaviour();
      if (now.behaviour === "unavailable") return requests.map(() => ({ outcome: "unavailable" }));
      const mishaps = requests.map(({ messageId, attempt }) => mishapOf(now.seed, now.failureRate, messageId, attempt));
      const heard = requests.filter((_request, place) => mishaps[place] !== "unavailable");
      const books = await answers.inTime(now.latencyMs, () =>
        enter(heard, now.behaviour === "reject" ? "rejected" : "accepted"),
      );
      if (now.behaviour === "timeout") await answers.never();
      if (now.behaviour === "timeout" || books === undefined) return requests.map(() => ({ outcome: "silent" }));
      return requests.map(({ messageId }, place): DeliveryAnswer => {
        const mishap = mishaps[place];
        if (mishap !== undefined) return { outcome: mishap };
        const entry = books.get(messageId);
        if (entry === undefined) return { outcome: "silent" };
        return entry === "accepted" ? { outcome: "accepted" } : { outcome: "rejected", code: "not_reachable" };
      });
    },
    close: () => answers.close(),
  };
}
