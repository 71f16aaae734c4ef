/** What only tests need, loaded only where it is asked for: it lies with the tests. */
import type { ToolTable } from "../../toolchain/tool.ts";

/** Tools of the tests on Kubernetes. */
export interface TestTools {
  /** The parts of a cluster, definitions, judges, in the order in which they are prepared. */
  readonly names: readonly string[];
  /** How they, and the tools of users, are looked for and made. */
  readonly table: ToolTable;
}

/** Loads them. */
export async function loadTestTools(): Promise<TestTools> {
  const { TEST_TOOLS, TOOLS_WITH_TESTS } = await import("../../test/toolchain/test-tools.ts");
  return { names: TEST_TOOLS, table: TOOLS_WITH_TESTS };
}
