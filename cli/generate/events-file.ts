/** The file that types a service's events. Pure. */

import { avroType } from "@event-platform-kit/service/registered-schema";
import type avro from "avsc";
import { formatNames, formatOf } from "../../components/model/schemas/schema-format.ts";
import { type PayloadUse, payloadTypes, type Side } from "./payload-types.ts";
import type { ServiceEvent, ServiceEvents } from "./service-events.ts";
import { docComment } from "./type-script.ts";

/** Command that regenerates the file. */
export const GENERATE_COMMAND = "npx kit generate events";

/**
 * Text of the file: the payloads of the events that a service consumes and publishes, and the map of both.
 * @param service - Its name.
 */
export function eventsFile(service: string, { consumes, publishes }: ServiceEvents): string {
  const uses = [...usesOf(consumes, "read"), ...usesOf(publishes, "written")];
  const { names, declarations } = payloadTypes(uses.map(({ use }) => use));
  const nameOf = new Map(uses.map(({ use, event }, place) => [keyOf(use.side, event), names[place] ?? "object"]));
  return [
    docComment([
      `The events of ${service}, typed from their schemas.`,
      `Made from topics/ by \`${GENERATE_COMMAND}\`: change the schemas, and run it again.`,
    ]),
    payloadMap("ConsumedEvents", `Payloads of the events that ${service} reads, by event type.`, consumes, (event) =>
      nameOf.get(keyOf("read", event)),
    ),
    payloadMap(
      "PublishedEvents",
      `Payloads of the events that ${service} publishes, by event type.`,
      publishes,
      (event) => nameOf.get(keyOf("written", event)),
    ),
    `${docComment("What the service's handlers and its outbox are typed by.")}export interface EventMap {\n` +
      "  readonly consumes: ConsumedEvents;\n  readonly publishes: PublishedEvents;\n}\n",
    ...declarations,
  ].join("\n");
}

function keyOf(side: Side, event: ServiceEvent): string {
  return `${side} ${event.declared.name}`;
}

function usesOf(
  events: readonly ServiceEvent[],
  side: Side,
): { readonly use: PayloadUse; readonly event: ServiceEvent }[] {
  return events
    .filter(({ declared }) => formatOf(declared.schemaPath) === "avro")
    .map((event) => ({ use: { type: codecOf(event), side }, event }));
}

function codecOf({ declared }: ServiceEvent): avro.Type {
  return avroType({ schema: declared.schema });
}

function payloadMap(
  name: string,
  says: string,
  events: readonly ServiceEvent[],
  typeOf: (event: ServiceEvent) => string | undefined,
): string {
  if (events.length === 0) return `${docComment(says)}export type ${name} = Record<never, never>;\n`;
  const entries = events.map((event) => {
    const { declared, topic } = event;
    const format = formatOf(declared.schemaPath);
    const remark =
      format === "avro" ? undefined : `Its schema is ${formatNames[format]}, which the service library does not read.`;
    const key = topic.key === undefined ? "no key" : `key ${topic.key}`;
    return `${docComment([`Topic ${topic.name}, ${key}.`, remark], "  ")}  readonly ${JSON.stringify(declared.name)}: ${typeOf(event) ?? "object"};\n`;
  });
  return `${docComment(says)}export type ${name} = {\n${entries.join("")}};\n`;
}
