/** The declared platform, checked before anything is touched. */
import { brokerCount } from "../components/model/stack.ts";
import type { CommandContext } from "./context.ts";
import { readDeclaredProject } from "./declared-project.ts";
import { KitError } from "./errors.ts";
import type { ExpectedCounts } from "./pulumi/progress.ts";

/**
 * Reads topics and stack; shows every problem with its place and fix.
 * @returns how many resources of which group the declaration asks for, as far as it tells.
 * @throws KitError `KIT_MODEL_INVALID`, `KIT_STACK_NOT_LOCAL`.
 */
export async function readDeclaration(context: CommandContext, stackName: string): Promise<ExpectedCounts> {
  const { stack, plan } = await readDeclaredProject(context, stackName);
  if (stack.substrate !== "local") throw new KitError("KIT_STACK_NOT_LOCAL", stackName);
  return {
    controller: stack.kafka.controllers,
    broker: brokerCount(stack),
    database: 1,
    cache: 1,
    registry: 1,
    topics: plan.topics.length,
    access: plan.acls.length,
    quotas: plan.quotas.length,
    schemas: plan.subjects.length,
  };
}
