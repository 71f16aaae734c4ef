import { ServiceError } from "@event-platform-kit/service/errors";
import type { DatabaseFault } from "@event-platform-kit/service/storage/database-faults";
import { databaseFaultOf, isDatabaseAtFault, isStalePlan } from "@event-platform-kit/service/storage/database-faults";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultOf, isProvenPoison, isTimeout } from "../../../../service-templates/lib/consumer/consumer-faults.ts";

const coded = (code: string, message = "x"): Error => Object.assign(new Error(message), { code });

describe("who an error of the database blames", () => {
  it.each<readonly [DatabaseFault, readonly string[]]>([
    [
      "unavailable",
      [
        "08006",
        "08001",
        "53300",
        "53100",
        "57P01",
        "57P03",
        "58030",
        "25P02",
        "25P03",
        "ECONNREFUSED",
        "ECONNRESET",
        "EPIPE",
      ],
    ],
    ["contention", ["40001", "40P01", "55P03"]],
    ["schema", ["0A000", "26000", "42703", "42P01", "42883", "42804", "42702", "42P10", "3F000", "3D000", "2BP01"]],
    ["rights", ["42501", "0LP01", "0P000"]],
    [
      "credentials",
      ["28P01", "28000", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ],
    ["read-only", ["25006"]],
    ["timeout", ["57014"]],
    ["data", ["23505", "23514", "22P02", "22003", "21000", "54000", "P0001", "XX001"]],
  ])("%s: %j", (fault, codes) => {
    for (const code of codes) expect([code, databaseFaultOf(coded(code))]).toEqual([code, fault]);
  });
  it("knows node-postgres' own messages, and looks into what failed for several addresses", () => {
    expect(databaseFaultOf(new Error("Connection terminated unexpectedly"))).toBe("unavailable");
    expect(databaseFaultOf(new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"))).toBe(
      "credentials",
    );
    expect(databaseFaultOf(new AggregateError([new Error("a"), coded("ECONNREFUSED")]))).toBe("unavailable");
  });
  it("takes a row that row-level security refuses for the row's fault", () => {
    expect(databaseFaultOf(coded("42501", 'new row violates row-level security policy for table "payments"'))).toBe(
      "data",
    );
  });
  it.each([
    ["another error", new Error("x")],
    ["an error of the file system", coded("EPERM")],
    ["no error", "x"],
    ["nothing", undefined],
  ])("is not asked about %s", (_what, error) => {
    expect(databaseFaultOf(error)).toBeUndefined();
    expect(isDatabaseAtFault(error)).toBe(false);
  });
  it("has one answer for any state, and never blames the values and the server at once", () => {
    const deadLetter = fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    fc.assert(
      fc.property(
        fc.constantFrom(..."0123456789"),
        fc.array(deadLetter, { minLength: 4, maxLength: 4 }),
        (first, rest) => {
          const error = coded(first + rest.join(""));
          const fault = databaseFaultOf(error);
          expect(fault).toBeDefined();
          expect(isDatabaseAtFault(error)).toBe(fault !== "data");
          // What is waited for is never counted against a record, and what is counted is never waited for.
          expect(faultOf(error) === undefined).toBe(fault === "data" || fault === "timeout");
        },
      ),
    );
  });
  it("prepares again what may be out of date", () => {
    expect(["0A000", "26000", "42P05", "42703"].map((code) => isStalePlan(coded(code)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});

describe("who is at fault when a record cannot be applied", () => {
  it.each([
    [coded("42P01"), { blames: "service", reason: "database-schema" }],
    [coded("28P01"), { blames: "service", reason: "database-credentials" }],
    [coded("25006"), { blames: "service", reason: "database-read-only" }],
    [coded("57P01"), { blames: "circumstances", reason: "database-unavailable" }],
    [coded("40P01"), { blames: "circumstances", reason: "database-contention" }],
    [new ServiceError("SVC_REGISTRY_UNAVAILABLE", "x"), { blames: "circumstances", reason: "registry-unavailable" }],
    [new ServiceError("SVC_EVENT_UNDECLARED", "x", { permanent: true }), { blames: "service", reason: "contract" }],
    [coded("23505"), undefined],
    [coded("57014"), undefined],
    [new Error("x"), undefined],
    [new ServiceError("SVC_EVENT_INVALID", "x", { permanent: true }), undefined],
  ] as const)("%s: %j", (error, fault) => expect(faultOf(error)).toEqual(fault));
  it("tells bytes that nobody can read, and statements that are too slow", () => {
    expect(isProvenPoison(new ServiceError("SVC_RECORD_BODY", "x"))).toBe(true);
    expect(isProvenPoison(new ServiceError("SVC_RECORD_SCHEMA_INCOMPATIBLE", "x"))).toBe(false);
    expect([isTimeout(coded("57014")), isTimeout(coded("55P03"))]).toEqual([true, false]);
  });
});
