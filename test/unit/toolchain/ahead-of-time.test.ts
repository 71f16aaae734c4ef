import { expect, it } from "vitest";
import type { Java } from "../../../toolchain/servers/java.ts";
import { usesAotCache } from "../../../toolchain/training/ahead-of-time.ts";

const java = (major: number): Java => ({
  home: "/java",
  binary: "/java/bin/java",
  version: `${major}.0.0`,
  major,
  build: `${major}.0.0+1`,
});

it.each([
  [25, {}, true],
  [25, { KIT_JVM_CACHES: "1" }, true],
  [25, { KIT_JVM_CACHES: "0" }, false],
  [24, {}, false],
])("JDK %i with %o records the servers' start: %s", (major, environment, expected) => {
  expect(usesAotCache(java(major), environment)).toBe(expected);
});
