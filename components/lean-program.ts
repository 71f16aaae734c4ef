/** What the SDK does for every resource that this program has no use for. Called once, before anything is declared. */
import * as pulumi from "@pulumi/pulumi";

/**
 * Leaves out two things.
 *
 * The language host maps every stack trace through source maps, and the SDK takes a stack per promise and resource. The
 * program needs no maps, as its types are stripped in place: 1.2 s of processor time for 230 resources.
 *
 * The SDK sends each of its debug messages to the engine, three for a resource, one after the other, each a call of its own;
 * the engine drops them unless it runs with `--debug`, which the program is not told. Both sides together, 2.1 s of processor
 * time for 1,000 resources. `KIT_DEBUG=1` keeps them.
 */
export function leaveOutTracing(env: NodeJS.ProcessEnv): void {
  Reflect.deleteProperty(Error, "prepareStackTrace");
  if (env.KIT_DEBUG !== "1") Reflect.set(pulumi.log, "debug", () => Promise.resolve());
}
