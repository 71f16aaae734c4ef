import { describe, expect, it } from "vitest";
import type { InvariantDefinition } from "../../../../cli/verify/definition.ts";
import { judge } from "../../../../cli/verify/judge.ts";
import type { Verdict } from "../../../../cli/verify/verdict.ts";
import type { Witness, WitnessedOrder } from "../../../../cli/witness.ts";
import { NO_WITNESS } from "../../../../cli/witness.ts";
import { DECLINED, MessagingWorld, NOW, PAID, SHORT } from "./messaging-world.ts";

function broken(verdict: Verdict): number[] {
  return verdict.invariants.filter(({ holds }) => !holds).map(({ id }) => id);
}

/** The verdict over a world that was broken in one place. */
function after(change: (world: MessagingWorld) => void, witness?: Witness): Verdict {
  const world = MessagingWorld.atRest();
  change(world);
  return judge(world.evidence(), witness);
}

function problemsOf(verdict: Verdict, id: number): string {
  return (verdict.invariants.find((invariant) => invariant.id === id)?.problems ?? [])
    .map(({ subject, message }) => `${subject} ${message}`)
    .join("\n");
}

function witnessed(orderId: string, change: Partial<WitnessedOrder> = {}): WitnessedOrder {
  return {
    idempotencyKey: `key-${orderId}`,
    customerId: "customer",
    outcome: "accepted",
    status: 202,
    orderId,
    dueAt: NOW - 4_000_000,
    answeredAt: NOW - 3_999_000,
    ...change,
  };
}

describe("a platform at rest, without a project", () => {
  it("holds the invariants of every project, in the order of their numbers", () => {
    const verdict = judge(MessagingWorld.atRest().evidence());
    expect(verdict.invariants.flatMap(({ problems }) => problems)).toEqual([]);
    expect(verdict.holds).toBe(true);
    expect(verdict.invariants.map(({ id }) => id)).toEqual([6, 7, 8, 9, 10, 11, 14, 15]);
  });

  it("says what it counted", () => {
    const { invariants } = judge(MessagingWorld.atRest().evidence());
    expect(invariants.find(({ id }) => id === 7)?.figures["payment-service"]).toMatchObject({
      wanted: 5,
      applied: 5,
      copies: 0,
      deadLettered: 0,
      missing: 0,
    });
    expect(invariants.find(({ id }) => id === 10)?.figures.lag).toBe(0);
  });
});

describe("invariants of a project", () => {
  const own = (id: number): InvariantDefinition => ({
    id,
    name: "nothing is late",
    judge: (context) => {
      const violations = context.newViolations();
      violations.add("order-1", "is late");
      return { figures: { late: 1 }, violations };
    },
  });

  it("stand among those of every project by their number", () => {
    const verdict = judge(MessagingWorld.atRest().evidence(), undefined, { own: [own(16), own(2)] });
    expect(verdict.invariants.map(({ id }) => id)).toEqual([2, 6, 7, 8, 9, 10, 11, 14, 15, 16]);
    expect(broken(verdict)).toEqual([2, 16]);
    expect(verdict.invariants[0]).toMatchObject({ name: "nothing is late", figures: { late: 1 }, violations: 1 });
  });

  it.each([[[own(7)]], [[own(3), own(3)]]])("may not have a number that is taken", (invariants) => {
    expect(() => judge(MessagingWorld.atRest().evidence(), undefined, { own: invariants })).toThrow(
      expect.objectContaining({ code: "KIT_PROJECT_INVALID" }) as Error,
    );
  });
});

describe("6: outboxes and topics", () => {
  it.each<[string, (world: MessagingWorld) => void, number[]]>([
    [
      "an event that waits",
      (world) =>
        world.tables("order-service").outbox.push({
          position: 99,
          eventId: "waits",
          topic: "order-events",
          key: PAID,
          eventType: "order.confirmed",
          at: NOW,
        }),
      [6],
    ],
    [
      "a published event that is not there",
      (world) =>
        world.tables("order-service").published.push({
          position: 99,
          eventId: "lost",
          topic: "order-events",
          key: PAID,
          eventType: "order.confirmed",
          at: NOW,
        }),
      [6],
    ],
    [
      "an event under another key",
      (world) => {
        (world.tables("shipping-service").published[0] as { key: string }).key = "other";
      },
      [6],
    ],
    [
      "a record without a row",
      (world) => {
        world.append({
          topic: "shipping-events",
          key: PAID,
          eventId: "ghost",
          eventType: "shipment.created",
          rowId: "ghost",
        });
        world.caughtUp();
      },
      [6],
    ],
    [
      "a replay that nobody ordered",
      (world) => {
        const record = world.record(PAID, "order.created");
        world.append({
          ...record,
          offset: world.end("order-events"),
          replay: { group: "payment-service", letter: "unknown" },
        });
        world.caughtUp();
      },
      [6],
    ],
  ])("sees %s", (_, change, ids) => {
    expect(broken(after(change))).toEqual(ids);
  });

  it("allows copies, replays on record, and records newer than the tables", () => {
    expect(
      broken(
        after((world) => {
          const record = world.record(PAID, "order.created");
          world.append({ ...record, offset: world.end("order-events") });
          world.append({
            ...record,
            offset: world.end("order-events"),
            replay: { group: "payment-service", letter: "known" },
          });
          world.tables("payment-service").actions.push({ letterId: "known", action: "replay", at: NOW });
          world.caughtUp();
          world.append({
            topic: "order-events",
            key: "new",
            eventId: "late",
            eventType: "order.created",
            rowId: "late",
          });
          world.range("order-events").settledEnd -= 1;
        }),
      ),
    ).toEqual([]);
  });

  it("does not miss what retention took", () => {
    expect(
      broken(
        after((world) => {
          const [first] = world.records.filter(({ topic }) => topic === "shipping-events");
          world.tables("shipping-service").published.push({
            position: 0,
            eventId: "old",
            topic: "shipping-events",
            key: "old",
            eventType: "shipment.created",
            at: (first?.timestamp ?? 0) - 1,
          });
          for (const record of world.records) if (record.topic === "shipping-events") record.offset += 5;
          Object.assign(world.range("shipping-events"), { start: 5, settledEnd: 6, end: 6 });
          world.caughtUp();
        }),
      ),
    ).toEqual([]);
  });
});

describe("7: consumption", () => {
  it("sees an event that a group passed without applying it", () => {
    const verdict = after((world) => void world.tables("payment-service").inbox.shift());
    expect(broken(verdict)).toEqual([7]);
    expect(problemsOf(verdict, 7)).toMatch(/order.created .* payment-service passed it/);
  });

  it("sees an id twice in an inbox", () => {
    expect(
      broken(
        after((world) =>
          world.tables("payment-service").inbox.push({ ...world.tables("payment-service").inbox[0]!, offset: 99 }),
        ),
      ),
    ).toEqual([7]);
  });

  it("sees what was applied and never came", () => {
    expect(
      broken(
        after((world) =>
          world
            .tables("payment-service")
            .inbox.push({ ...world.tables("payment-service").inbox[0]!, eventId: "ghost", offset: 1 }),
        ),
      ),
    ).toEqual([7]);
  });

  it("calls what is behind the committed offset unread, which is lag", () => {
    const verdict = after((world) => {
      world.tables("payment-service").inbox.pop();
      world.group("payment-service").positions[0]!.committed = world.record(DECLINED, "order.cancelled").offset;
    });
    expect(broken(verdict)).toEqual([10]);
    expect(verdict.invariants.find(({ id }) => id === 7)?.figures["payment-service"]).toMatchObject({
      unread: 1,
      missing: 0,
    });
  });

  it("counts what waits in a retry topic as waiting, until its group passed it", () => {
    const delayed =
      (passed: boolean) =>
      (world: MessagingWorld): void => {
        const record = world.record(PAID, "order.confirmed");
        const inbox = world.tables("shipping-service").inbox;
        inbox.splice(
          inbox.findIndex(({ eventId }) => eventId === record.eventId),
          1,
        );
        world.append({
          ...record,
          topic: "shipping-service.retry-10s",
          offset: 0,
          rowId: "delayed",
          origin: { topic: "order-events", partition: 0, offset: record.offset },
          notBefore: NOW + 5_000,
        });
        world.tables("shipping-service").published.push({
          position: 99,
          eventId: "delayed",
          topic: "shipping-service.retry-10s",
          key: PAID,
          eventType: "order.confirmed",
          at: NOW,
        });
        if (passed) world.caughtUp();
      };
    const waiting = after(delayed(false));
    expect(broken(waiting)).toEqual([]);
    expect(waiting.invariants.find(({ id }) => id === 7)?.figures["shipping-service"]).toMatchObject({
      waitingForRetry: 1,
    });
    expect(waiting.invariants.find(({ id }) => id === 10)?.figures).toMatchObject({ lag: 0, delayed: 1 });
    expect(broken(after(delayed(true)))).toEqual([7]);
  });
});

describe("8: dead-letter records", () => {
  const injected = (place: string, groups: readonly string[]): Witness => {
    const [topic = "", partition, offset = ""] = place.split("/");
    return {
      orders: [],
      faults: [
        {
          name: "poison",
          startedAt: 1,
          healedAt: 2,
          felt: true,
          evidence: [{ what: "letters", before: "0", after: "1" }],
        },
      ],
      injected: [{ topic, partition: Number(partition), offset, kind: "not-avro", groups }],
    };
  };
  /** Shipping alone wants order.confirmed beside inventory: poison there needs two letters, so a topic of one group is used. */
  const shipping = (world: MessagingWorld) => {
    const poison = world.poison("shipping-service", "order-events", "order.confirmed");
    const letterId = `inventory-${poison.letterId}`;
    world.tables("inventory-service").deadLetters.push({ ...poison.row, letterId });
    world.append({
      ...poison.letter,
      topic: "inventory-service.dlt",
      rowId: letterId,
      offset: world.end("inventory-service.dlt"),
    });
    world.tables("inventory-service").published.push({
      position: 98,
      eventId: letterId,
      topic: "inventory-service.dlt",
      key: "poison",
      eventType: "order.confirmed",
      at: NOW,
    });
    return { ...poison, inventoryLetter: letterId };
  };
  const groups = ["inventory-service", "shipping-service"];

  it("holds when exactly the injected records became letters of their groups", () => {
    const world = MessagingWorld.atRest();
    const { place } = shipping(world);
    const verdict = judge(world.evidence(), injected(place, groups));
    expect(broken(verdict)).toEqual([]);
    expect(verdict.invariants.find(({ id }) => id === 8)?.figures).toMatchObject({
      injected: 1,
      expected: 2,
      letters: 2,
      open: 2,
    });
  });

  it("sees open letters without a witness, and the intruder they came from, until they are dealt with", () => {
    const world = MessagingWorld.atRest();
    const { letterId, inventoryLetter } = shipping(world);
    const open = judge(world.evidence());
    expect(broken(open)).toEqual([6, 14]);
    expect(problemsOf(open, 14)).toContain(letterId);
    world.tables("shipping-service").actions.push({ letterId, action: "discard", at: NOW });
    world.tables("inventory-service").actions.push({ letterId: inventoryLetter, action: "discard", at: NOW });
    const dealtWith = judge(world.evidence());
    expect(broken(dealtWith)).toEqual([]);
    expect(dealtWith.invariants.find(({ id }) => id === 8)?.figures).toMatchObject({ open: 0, discarded: 2 });
  });

  it.each<[string, (world: MessagingWorld, poison: ReturnType<typeof shipping>) => void, RegExp]>([
    [
      "a row without a record",
      (world, { letter }) => {
        world.records.splice(world.records.indexOf(letter), 1);
        world.tables("shipping-service").published.pop();
      },
      /has no record in shipping-service.dlt/,
    ],
    [
      "a record without a row",
      (world) => void world.tables("shipping-service").deadLetters.pop(),
      /missing in its table dead_letters/,
    ],
    [
      "other bytes than the origin's",
      (_world, { letter }) => {
        letter.digest = 78;
      },
      /differs from its origin/,
    ],
    [
      "a letter without origin headers",
      (_world, { letter }) => {
        letter.lacks = ["dlt-origin-offset"];
      },
      /without dlt-origin-offset/,
    ],
    [
      "an injected record that a group swallowed",
      (world, { row, letter }) => {
        world.tables("shipping-service").deadLetters.splice(0, 1);
        world.tables("shipping-service").published.pop();
        world.records.splice(world.records.indexOf(letter), 1);
        world.tables("shipping-service").inbox.push({
          eventId: row.eventId ?? "",
          eventType: "order.confirmed",
          topic: "order-events",
          partition: 0,
          offset: row.offset,
          processedAt: NOW,
          transaction: "x",
        });
      },
      /is not a dead-letter record of shipping-service/,
    ],
  ])("sees %s", (_, change, message) => {
    const world = MessagingWorld.atRest();
    const poison = shipping(world);
    change(world, poison);
    const verdict = judge(world.evidence(), injected(poison.place, groups));
    expect(verdict.invariants.find(({ id }) => id === 8)?.holds).toBe(false);
    expect(problemsOf(verdict, 8)).toMatch(message);
  });

  it("sees a letter that nobody injected, and leaves those of before the run alone", () => {
    const world = MessagingWorld.atRest();
    const { row } = shipping(world);
    const saw = (dueAt: number): Witness => ({ ...NO_WITNESS, orders: [witnessed(PAID, { dueAt })] });
    expect(broken(judge(world.evidence(), saw(row.failedAt - 1)))).toEqual([6, 8, 14]);
    const earlier = judge(world.evidence(), saw(row.failedAt + 1));
    expect(broken(earlier)).toEqual([]);
    expect(earlier.invariants.find(({ id }) => id === 14)).toMatchObject({
      figures: { openLetters: 2, beforeTheRun: 2 },
    });
    expect(earlier.invariants.find(({ id }) => id === 14)?.notes.join("\n")).toContain("open before the run");
  });
});

describe("9: order per key", () => {
  it("sees events of one key in another order than they were committed", () => {
    const verdict = after((world) => {
      const rows = world.tables("order-service").published;
      const [created, confirmed] = rows;
      if (created === undefined || confirmed === undefined) throw new Error("no rows");
      [created.position, confirmed.position] = [confirmed.position, created.position];
    });
    expect(broken(verdict)).toEqual([9]);
    expect(problemsOf(verdict, 9)).toMatch(/order.confirmed at .* was written before order.created|order.confirmed at/);
  });

  it("sees a group that applied them in another order", () => {
    const verdict = after((world) => {
      const rows = world
        .tables("payment-service")
        .inbox.filter(({ eventId }) =>
          world.records.some((record) => record.eventId === eventId && record.key === SHORT),
        );
      const [created, cancelled] = rows;
      if (created === undefined || cancelled === undefined) throw new Error("no rows");
      created.processedAt = cancelled.processedAt + 1;
    });
    expect(broken(verdict)).toEqual([9]);
    expect(problemsOf(verdict, 9)).toContain("payment-service applied order.cancelled");
  });

  it("does not ask for an order within one batch, nor of a copy that comes later", () => {
    expect(
      broken(
        after((world) => {
          const rows = world
            .tables("payment-service")
            .inbox.filter(({ eventId }) =>
              world.records.some((record) => record.eventId === eventId && record.key === SHORT),
            );
          for (const row of rows) row.transaction = "one";
          rows[0]!.processedAt = rows[1]!.processedAt + 1;
          world.append({ ...world.record(SHORT, "order.created"), offset: world.end("order-events") });
          world.caughtUp();
        }),
      ),
    ).toEqual([]);
  });
});

describe("10: lag", () => {
  it("sees a group that is behind, and one that never committed", () => {
    const behind = after((world) => {
      world.group("order-service").positions[0]!.committed = 1;
    });
    expect(broken(behind)).toEqual([10]);
    expect(problemsOf(behind, 10)).toMatch(/payment-events\/0 is 3 records behind/);
    expect(
      broken(
        after((world) => {
          world.group("order-service").positions[0]!.committed = undefined;
        }),
      ),
    ).toEqual([10]);
  });
});

describe("11: faults", () => {
  const fault = {
    name: "zone-down",
    startedAt: 1,
    healedAt: 2,
    felt: true,
    evidence: [{ what: "leaders in zone-a", before: "30", after: "0" }],
  };
  it("holds when each was felt, with its evidence", () => {
    const verdict = after(() => undefined, { ...NO_WITNESS, faults: [fault] });
    expect(verdict.invariants.find(({ id }) => id === 11)).toMatchObject({
      holds: true,
      figures: { faults: 1, felt: 1 },
    });
  });
  it("makes the run void otherwise", () => {
    expect(broken(after(() => undefined, { ...NO_WITNESS, faults: [fault, { ...fault, felt: false }] }))).toEqual([11]);
    expect(broken(after(() => undefined, { ...NO_WITNESS, faults: [{ ...fault, evidence: [] }] }))).toEqual([11]);
  });
});

describe("14: unresolved failures", () => {
  const injection = (place: string, group: string): Witness => {
    const [topic = "", partition, offset = ""] = place.split("/");
    return {
      ...NO_WITNESS,
      injected: [{ topic, partition: Number(partition), offset, kind: "not-avro", groups: [group] }],
    };
  };
  const parked = (eventId: string) => ({
    eventId,
    topic: "order-events",
    key: PAID,
    eventType: "order.confirmed",
    errorCode: "SVC_PUBLISH_TOO_LARGE",
    parkedAt: NOW - 1_000,
  });

  it("sees a parked event until somebody retries or discards it", () => {
    const world = MessagingWorld.atRest();
    world.tables("order-service").parked.push(parked("too-large"));
    const verdict = judge(world.evidence());
    expect(broken(verdict)).toEqual([14]);
    expect(problemsOf(verdict, 14)).toMatch(
      /too-large of order-service \(order.confirmed of order-paid for order-events, SVC_PUBLISH_TOO_LARGE\) is parked: .*kit outbox retry/u,
    );
    world.tables("order-service").parked.pop();
    world.tables("order-service").discardedEvents.push("too-large");
    expect(broken(judge(world.evidence()))).toEqual([]);
  });

  it("takes what the witness put in as explained, with the replays of it that failed again", () => {
    const world = MessagingWorld.atRest();
    const { place, row } = world.poison("payment-service");
    world
      .tables("payment-service")
      .deadLetters.push(
        { ...row, letterId: "again", offset: row.offset + 100, replayOf: row.letterId },
        { ...row, letterId: "and-again", offset: row.offset + 101, replayOf: "again" },
      );
    const verdict = judge(world.evidence(), injection(place, "payment-service"));
    expect(verdict.invariants.find(({ id }) => id === 14)).toMatchObject({
      holds: true,
      figures: { openLetters: 3, explained: 3 },
    });
    expect(
      judge(world.evidence(), injection("order-events/0/0", "payment-service")).invariants.find(({ id }) => id === 14),
    ).toMatchObject({
      holds: false,
      violations: 3,
    });
    expect(
      judge(world.evidence(), injection(place, "inventory-service")).invariants.find(({ id }) => id === 14),
    ).toMatchObject({
      holds: false,
      violations: 3,
    });
  });

  it("takes a dead-letter record as explained that is parked itself, and does not miss it in its topic", () => {
    const world = MessagingWorld.atRest();
    const { place, row, letter } = world.poison("payment-service");
    world.tables("payment-service").published.splice(
      world.tables("payment-service").published.findIndex(({ eventId }) => eventId === row.letterId),
      1,
    );
    world.records.splice(world.records.indexOf(letter), 1);
    world.range("payment-service.dlt").end -= 1;
    world.range("payment-service.dlt").settledEnd -= 1;
    world.tables("payment-service").parked.push(parked(row.letterId));
    const verdict = judge(world.evidence(), injection(place, "payment-service"));
    expect(verdict.invariants.find(({ id }) => id === 8)?.holds).toBe(true);
    expect(verdict.invariants.find(({ id }) => id === 14)).toMatchObject({
      holds: true,
      figures: { parked: 1, explained: 2 },
    });
    expect(judge(world.evidence()).invariants.find(({ id }) => id === 14)).toMatchObject({
      holds: false,
      violations: 2,
    });
  });

  it("leaves what was open before the run to a verification without the run", () => {
    const world = MessagingWorld.atRest();
    world.tables("order-service").parked.push(parked("old"));
    expect(
      judge(world.evidence(), { ...NO_WITNESS, orders: [witnessed(PAID, { dueAt: NOW - 500 })] }).invariants.find(
        ({ id }) => id === 14,
      ),
    ).toMatchObject({ holds: true, figures: { parked: 1, beforeTheRun: 1 } });
  });
});

it("names a few of many violations and counts them all", () => {
  const world = MessagingWorld.atRest();
  for (let index = 0; index < 50; index += 1)
    world.append({
      topic: "shipping-events",
      key: PAID,
      eventId: `ghost-${index}`,
      eventType: "shipment.created",
      rowId: `ghost-${index}`,
    });
  const outbox = judge(world.evidence(), undefined, { examples: 3 }).invariants.find(({ id }) => id === 6);
  expect(outbox).toMatchObject({ holds: false, violations: 50 });
  expect(outbox?.problems).toHaveLength(3);
});
