import * as pulumi from "@pulumi/pulumi";
import { afterEach, expect, it } from "vitest";
import { leaveOutTracing } from "../../../components/lean-program.ts";

const own = { debug: pulumi.log.debug, prepare: Error.prepareStackTrace };
afterEach(() => {
  Reflect.set(pulumi.log, "debug", own.debug);
  Error.prepareStackTrace = own.prepare;
});

/** Whether the SDK itself, which asks the same module, would send a debug message. */
const sends = (): boolean => pulumi.log.debug === own.debug;

it("sends no debug messages to an engine that drops them, and all others", () => {
  const { warn, error } = pulumi.log;
  leaveOutTracing({});
  expect(sends()).toBe(false);
  expect({ warn: pulumi.log.warn, error: pulumi.log.error }).toEqual({ warn, error });
});

it("keeps them for who asks for them", () => {
  leaveOutTracing({ KIT_DEBUG: "1" });
  expect(sends()).toBe(true);
});

it("maps no stack traces", () => {
  Error.prepareStackTrace = () => "mapped";
  leaveOutTracing({});
  expect(new Error("here").stack).toContain("lean-program.test.ts");
});
