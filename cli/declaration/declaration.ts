/** The declared platform, checked before anything changes. */
import { brokerCount, type StackSettings } from "../../components/model/stack/stack.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import type { ExpectedCounts } from "../pulumi/progress.ts";
import { readDeclaredProject } from "./declared-project.ts";

/** The part of a stack's declaration that a run of the engine needs. */
export interface Declaration {
  /** Number of requested resources by group, as far as the declaration shows it. */
  readonly expected: ExpectedCounts;
  readonly plan: PlatformPlan;
  readonly stack: StackSettings;
}

/**
 * Reads topics and stack; shows every problem with its location and fix.
 * @throws KitError `KIT_MODEL_INVALID`, `KIT_STACK_NOT_LOCAL`.
 */
export async function readDeclaration(context: CommandContext, stackName: string): Promise<Declaration> {
  const { stack, plan } = await readDeclaredProject(context, stackName);
  if (stack.substrate !== "local") throw new KitError("KIT_STACK_NOT_LOCAL", stackName);
  const expected = {
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
  return { expected, plan, stack };
}
