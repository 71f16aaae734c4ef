/** The declared platform, checked before anything is touched. */
import { loadModel } from "../components/model/load.ts";
import { formatProblem } from "../components/model/problem.ts";
import { brokerCount } from "../components/model/stack.ts";
import { planPlatform } from "../components/plan/plan.ts";
import type { CommandContext } from "./context.ts";
import { KitError } from "./errors.ts";
import type { ExpectedCounts } from "./pulumi/progress.ts";

/**
 * Reads topics and stack; shows every problem with its place and fix.
 * @returns how many resources of which group the declaration asks for, as far as it tells.
 * @throws KitError `KIT_MODEL_INVALID`, `KIT_STACK_NOT_LOCAL`.
 */
export async function readDeclaration(context: CommandContext, stackName: string): Promise<ExpectedCounts> {
  const reading = await loadModel(context.projectDir, stackName);
  if (!reading.ok) {
    for (const problem of reading.problems) context.stderr.write(`${formatProblem(problem)}\n`);
    throw new KitError("KIT_MODEL_INVALID", reading.problems.length === 1 ? "one problem" : `${reading.problems.length} problems`);
  }
  const { model, stack } = reading.value;
  if (stack.substrate !== "local") throw new KitError("KIT_STACK_NOT_LOCAL", stackName);
  const plan = planPlatform(model, stack);
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
