/** Tools that only tests need. They are loaded only on request, because their module is in the test folder. */
import type { ToolTable } from "../../toolchain/tool.ts";

/** Tools of the tests on Kubernetes. */
export interface TestTools {
  /** The parts of a cluster, definitions and validators, in the order in which they are prepared. */
  readonly names: readonly string[];
  /** How these tools, and the tools of users, are found and built. */
  readonly table: ToolTable;
}

/** Loads them. */
export async function loadTestTools(): Promise<TestTools> {
  const { TEST_TOOLS, TOOLS_WITH_TESTS } = await import("../../test/toolchain/test-tools.ts");
  return { names: TEST_TOOLS, table: TOOLS_WITH_TESTS };
}
