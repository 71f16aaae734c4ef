/** A service that does not follow a change of its schemas or topics fails the type check. */
import { beforeAll, describe, expect, it } from "vitest";
import { eventsFile } from "../../../../cli/generate/events-file.ts";
import { serviceEvents } from "../../../../cli/generate/service-events.ts";
import { readTopicsAsFarAsGood } from "../../../../components/model/topics/read-topics.ts";
import { typeErrors } from "./type-check.ts";

/** A service that reads two events and publishes one. */
const SERVICE = `
import type { Handler, Handlers } from "@event-platform-kit/service/consumer/handler";
import type { Published, Received } from "@event-platform-kit/service/events/event-map";
import type { EventMap } from "./events.generated.ts";

const placed: Handler<EventMap, "order.placed"> = {
  async prepare({ payload }, batch) {
    const withdrawn = batch.some((event) => event.type === "order.withdrawn" && event.payload.orderId === payload.orderId);
    return async () => (withdrawn ? [] : [sent(payload.orderId, payload.weight * 2)]);
  },
};
const withdrawn: Handler<EventMap, "order.withdrawn"> = { apply: async () => [] };
function sent(orderId: string, grams: number): Published<EventMap, "parcel.sent"> {
  return { type: "parcel.sent", key: orderId, payload: { orderId, grams } };
}
export const handlers: Handlers<EventMap> = { "order.placed": placed, "order.withdrawn": withdrawn };
export function lock(events: readonly Received<EventMap>[]): readonly string[] {
  return events.map(({ payload }) => payload.orderId.trim());
}
`;

const TOPICS = `
domain: shop
owner: {team: shop, contact: "#shop"}
criticality: low
services: [shop-service, parcel-service]
topics:
  orders:
    description: Orders.
    partitions: 3
    key: orderId
    events:
      order.placed:    {schema: schemas/shop/OrderPlaced.avsc}
      order.withdrawn: {schema: schemas/shop/OrderWithdrawn.avsc}
    producers:
      shop-service: {rate: 1kB/s}
    consumers:
      parcel-service: {instances: 1, events: [order.placed, order.withdrawn]}
  parcels:
    description: Parcels.
    partitions: 3
    key: orderId
    events:
      parcel.sent: {schema: schemas/shop/ParcelSent.avsc}
    producers:
      parcel-service: {rate: 1kB/s}
`;
const FILES: Readonly<Record<string, string>> = {
  "topics/shop.yaml": TOPICS,
  ...Object.fromEntries(
    Object.entries({
      OrderPlaced: [
        { name: "orderId", type: "string" },
        { name: "weight", type: "long" },
      ],
      OrderWithdrawn: [{ name: "orderId", type: "string" }],
      ParcelSent: [
        { name: "orderId", type: "string" },
        { name: "grams", type: "double" },
        { name: "note", type: ["null", "string"], default: null },
      ],
    }).map(([name, fields]) => [
      `topics/schemas/shop/${name}.avsc`,
      JSON.stringify({ type: "record", name, namespace: "com.shop", fields }),
    ]),
  ),
};

interface Case {
  readonly title: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Absent: the service follows. */
  readonly says?: RegExp;
}

const schema = (name: string): string => `topics/schemas/shop/${name}.avsc`;
const CASES: readonly Case[] = [
  { title: "nothing", file: "topics/shop.yaml", from: "Parcels.", to: "Parcels that were sent." },
  {
    title: "a new field of an event that it reads",
    file: schema("OrderPlaced"),
    from: '"type":"long"}',
    to: '"type":"long"},{"name":"gift","type":"boolean","default":false}',
  },
  {
    title: "a field that is called otherwise",
    file: schema("OrderPlaced"),
    from: '"weight"',
    to: '"grams"',
    says: /Property 'weight' does not exist on type 'OrderPlaced'/,
  },
  {
    title: "a field of another type",
    file: schema("OrderPlaced"),
    from: '"long"',
    to: '"string"',
    says: /left-hand side of an arithmetic operation must be of type/,
  },
  {
    title: "a field that may be null now",
    file: schema("OrderPlaced"),
    from: '"long"',
    to: '["null","long"]',
    says: /'payload.weight' is possibly 'null'/,
  },
  {
    title: "a field that the lock of the batch reads in every event",
    file: schema("OrderWithdrawn"),
    from: '"type":"string"',
    to: '"type":["null","string"]',
    says: /'payload.orderId' is possibly 'null'/,
  },
  {
    title: "a new field without a default in an event that it publishes",
    file: schema("ParcelSent"),
    from: '"type":"double"}',
    to: '"type":"double"},{"name":"carrier","type":"string"}',
    says: /Property 'carrier' is missing/,
  },
  {
    title: "a field that is gone from an event that it publishes",
    file: schema("ParcelSent"),
    from: ',{"name":"grams","type":"double"}',
    to: "",
    says: /'grams' does not exist in type/,
  },
  {
    title: "an event more that it is to read",
    file: "topics/shop.yaml",
    from: "consumers:\n      parcel-service: {instances: 1, events: [order.placed, order.withdrawn]}",
    to: "consumers:\n      parcel-service: {instances: 1, events: [order.placed, order.withdrawn, order.returned]}",
    says: /Property '"order.returned"' is missing/,
  },
  {
    title: "an event less that it is to read",
    file: "topics/shop.yaml",
    from: "[order.placed, order.withdrawn]",
    to: "[order.placed]",
    says: /'"order.withdrawn"' does not (?:satisfy|exist)|"order.withdrawn"/,
  },
  {
    title: "an event that another service publishes now",
    file: "topics/shop.yaml",
    from: "    producers:\n      parcel-service: {rate: 1kB/s}\n",
    to: "    producers:\n      shop-service: {rate: 1kB/s}\n",
    says: /"parcel.sent"/,
  },
];

function eventsAfter({ file, from, to }: Case): string {
  const text = FILES[file];
  if (text?.includes(from) !== true) throw new Error(`${file} has no ${from}`);
  const files = {
    ...FILES,
    [file]: text.replace(from, to).replace(
      "      order.withdrawn: {schema",
      // Declared everywhere, read where a case says so.
      "      order.returned:  {schema: schemas/shop/OrderReturned.avsc}\n      order.withdrawn: {schema",
    ),
    "topics/schemas/shop/OrderReturned.avsc": JSON.stringify({
      type: "record",
      name: "OrderReturned",
      namespace: "com.shop",
      fields: [{ name: "orderId", type: "string" }],
    }),
  };
  const { model, problems } = readTopicsAsFarAsGood(
    Object.entries(files).map(([path, content]) => ({ path, text: content })),
  );
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  const events = serviceEvents(model).get("parcel-service");
  if (events === undefined) throw new Error("parcel-service has no events");
  return eventsFile("parcel-service", events);
}

describe("a service after a change of what is declared", () => {
  const errors = new Map<number, string[]>();
  beforeAll(() => {
    const programs = CASES.flatMap((change, at) => [
      [`service-templates/case-${at}/events.generated.ts`, eventsAfter(change)] as const,
      [`service-templates/case-${at}/service.ts`, SERVICE] as const,
    ]);
    for (const error of typeErrors(Object.fromEntries(programs))) {
      const at = Number(/^service-templates\/case-(\d+)\//u.exec(error)?.[1] ?? -1);
      errors.set(at, [...(errors.get(at) ?? []), error]);
    }
  }, 300_000);

  it.each(CASES.map((change, at) => ({ ...change, at })))("$title", ({ at, says }) => {
    expect(errors.get(-1)).toBeUndefined();
    const told = errors.get(at) ?? [];
    if (says === undefined) expect(told).toEqual([]);
    else expect(told.join("\n")).toMatch(says);
  });
});
