import { describe, expect, expectTypeOf, it } from "vitest";
import {
  CodedError,
  filled,
  type Placeholders,
  reasonOf,
  systemCode,
} from "../../../components/machine/coded-error.ts";

const refused = (port: number): Error => Object.assign(new Error(`refused ${port}`), { code: "ECONNREFUSED" });

describe("a text of a catalogue", () => {
  it("names its values for the compiler", () => {
    expectTypeOf<Placeholders<"{host}:{port} of {host} is taken">>().toEqualTypeOf<"host" | "port">();
    expectTypeOf<Placeholders<"the disk is full">>().toEqualTypeOf<never>();
  });

  it.each<[text: string, values: Record<string, string | number>, expected: string]>([
    ["{host}:{port} of {host}", { host: "db", port: 0 }, "db:0 of db"],
    ["the disk is full", { path: "/x" }, "the disk is full"],
    ["{reason}", { reason: "expected {path}", path: "/x" }, "expected {path}"],
    ["{reason}", { reason: "$& $1" }, "$& $1"],
    ["held by {holder}", {}, "held by unknown"],
  ])("%j with %j", (text, values, expected) => {
    expect(filled(text, values)).toBe(expected);
  });
});

it("keeps what was caught as its cause, and has none where nothing was", () => {
  const cause = refused(1);
  expect(new CodedError("x", "message", "fix", cause)).toMatchObject({ code: "x", fix: "fix", cause });
  expect("cause" in new CodedError("x", "message", "fix")).toBe(false);
});

describe("anything thrown", () => {
  it.each<[thrown: unknown, reason: string, code: string | undefined]>([
    [refused(1), "refused 1", "ECONNREFUSED"],
    [new AggregateError([refused(1), refused(2)]), "refused 1; refused 2", undefined],
    [new AggregateError([refused(1)], "all refused"), "all refused", undefined],
    [new TypeError(""), "TypeError", undefined],
    [Object.assign(new Error("x"), { code: 404 }), "x", undefined],
    ["text", "text", undefined],
    [undefined, "undefined", undefined],
  ])("%o reads %j", (thrown, reason, code) => {
    expect(reasonOf(thrown)).toBe(reason);
    expect(systemCode(thrown)).toBe(code);
  });
});
