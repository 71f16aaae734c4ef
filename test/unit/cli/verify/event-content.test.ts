import { ServiceError } from "@event-platform-kit/service/errors";
import { frame } from "@event-platform-kit/service/events/codec";
import { schemaRegistry } from "@event-platform-kit/service/events/registry";
import avro from "avsc";
import { describe, expect, it } from "vitest";
import { contentReader } from "../../../../cli/verify/event-content.ts";

const anything = ({ payload }: { readonly payload: unknown }): unknown => payload;
const value = frame(7, Buffer.from([0]));

describe("reading payloads", () => {
  it("gives no verdict on records while the registry is away", async () => {
    const read = contentReader(
      { schemaOf: () => Promise.reject(new ServiceError("SVC_REGISTRY_UNAVAILABLE", "no answer")) },
      anything,
      { pause: async () => undefined },
    );
    await expect(read("order.created", null, value)).rejects.toMatchObject({
      code: "KIT_SERVER_UNREACHABLE",
      message: expect.stringContaining("schema 7") as string,
    });
  });

  it("believes that there is no such schema once the registry has answered for as long as it takes to load them", async () => {
    let now = 0;
    const registry = schemaRegistry({
      url: "http://registry",
      clock: () => now,
      fetch: () => Promise.resolve(new Response("{}", { status: 404 })),
    });
    const read = contentReader(registry, anything, {
      pause: async (ms) => {
        now += ms;
      },
    });
    expect(await read("order.created", null, value)).toEqual({
      unreadable: "schema 7: the registry knows no schema with id 7",
    });
    expect(now).toBeGreaterThanOrEqual(10_000);
  });

  it("calls a record unreadable whose schema the registry denies", async () => {
    const read = contentReader(
      {
        schemaOf: () =>
          Promise.reject(new ServiceError("SVC_RECORD_SCHEMA_UNKNOWN", "no schema 7", { permanent: true })),
      },
      anything,
    );
    expect(await read("order.created", null, value)).toEqual({ unreadable: "schema 7: no schema 7" });
  });

  it("calls a record unreadable that the project can't take apart, and keeps one copy of a name", async () => {
    const type = avro.Type.forSchema({ type: "record", name: "Named", fields: [{ name: "name", type: "string" }] });
    const named = (name: string): Buffer => frame(7, type.toBuffer({ name }));
    const read = contentReader<string>(
      { schemaOf: () => Promise.resolve(JSON.stringify(type.schema())) },
      ({ payload, oneCopy }) => {
        const { name } = payload as { readonly name: string };
        if (name === "") throw new TypeError("name is empty");
        return oneCopy(name);
      },
    );
    expect(await read("thing.named", null, named("a"))).toEqual({ content: "a" });
    expect(await read("thing.named", null, named(""))).toEqual({ unreadable: "name is empty" });
  });
});
