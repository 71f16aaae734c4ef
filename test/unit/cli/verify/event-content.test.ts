import { describe, expect, it } from "vitest";
import { contentReader } from "../../../../cli/verify/event-content.ts";
import { frame } from "../../../../service-templates/lib/codec.ts";
import { ServiceError } from "../../../../service-templates/lib/errors.ts";

const value = frame(7, Buffer.from([0]));

describe("reading payloads", () => {
  it("gives no verdict on records while the registry is away", async () => {
    const read = contentReader({ schemaOf: () => Promise.reject(new ServiceError("SVC_REGISTRY_UNAVAILABLE", "no answer")) });
    await expect(read("order.created", null, value)).rejects.toMatchObject({ code: "KIT_SERVER_UNREACHABLE", message: expect.stringContaining("schema 7") as string });
  });

  it("calls a record unreadable whose schema the registry denies", async () => {
    const read = contentReader({ schemaOf: () => Promise.reject(new ServiceError("SVC_RECORD_SCHEMA_UNKNOWN", "no schema 7", { permanent: true })) });
    expect(await read("order.created", null, value)).toEqual({ unreadable: "schema 7: no schema 7" });
  });
});
