/**
 * Disables work that the SDK does for every resource and that this program does not use. It is called once, before
 * anything is declared.
 */
import * as pulumi from "@pulumi/pulumi";

/**
 * Disables two things.
 *
 * The language host maps every stack trace through source maps, and the SDK takes a stack trace per promise and
 * resource. The program needs no maps, because its types are stripped in place. This saves 1.2 s of CPU time for 230
 * resources.
 *
 * The SDK sends each of its debug messages to the engine: three per resource, one after the other, each in its own
 * call. The engine drops them unless it runs with `--debug`, which the program cannot detect. This saves 2.1 s of CPU
 * time for 1,000 resources on both sides together. `KIT_DEBUG=1` keeps the messages.
 */
export function leaveOutTracing(env: NodeJS.ProcessEnv): void {
  Reflect.deleteProperty(Error, "prepareStackTrace");
  if (env.KIT_DEBUG !== "1") Reflect.set(pulumi.log, "debug", () => Promise.resolve());
}
