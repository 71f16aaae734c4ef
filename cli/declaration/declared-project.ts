/** The declared platform of one stack for commands that only read: no tools, no credentials, no servers. */
import { loadModel } from "../../components/model/load.ts";
import type { StackSettings } from "../../components/model/stack/stack.ts";
import type { Model } from "../../components/model/types.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import type { CommandContext } from "../context.ts";
import { invalidModel } from "./declaration-problems.ts";
import { expectStack } from "./unknown-stack.ts";

/** The content of `topics/` and a stack, and the plan derived from it. */
export interface DeclaredProject {
  readonly model: Model;
  readonly stack: StackSettings;
  readonly plan: PlatformPlan;
}

/**
 * Reads topics and stack; shows every problem with its location and fix.
 * @throws KitError `KIT_UNKNOWN_STACK`, `KIT_MODEL_INVALID`.
 */
export async function readDeclaredProject(context: CommandContext, stackName: string): Promise<DeclaredProject> {
  await expectStack(context.projectDir, stackName);
  const reading = await loadModel(context.projectDir, stackName);
  if (!reading.ok) throw invalidModel(context, reading.problems);
  const { model, stack } = reading.value;
  return { model, stack, plan: planPlatform(model, stack) };
}
