import { isKubernetes } from "../../components/model/stack/kubernetes-stack.ts";
import { type ClusterApi, openClusterApi } from "../../components/provider/rollout/cluster-api.ts";
import type { CommandContext } from "../context.ts";
import { readDeclaredProject } from "../declaration/declared-project.ts";
import { KitError } from "../errors.ts";

/**
 * The API of the cluster that a stack runs in, by the context in its file.
 * @throws KitError `KIT_UNKNOWN_STACK`, `KIT_MODEL_INVALID`, `KIT_STACK_NOT_KUBERNETES`; ProviderError `cluster-context`.
 */
export async function clusterOf(context: CommandContext, stack: string): Promise<ClusterApi> {
  const { stack: settings } = await readDeclaredProject(context, stack);
  if (!isKubernetes(settings)) throw new KitError("KIT_STACK_NOT_KUBERNETES", stack);
  return openClusterApi(settings.kubernetes.context);
}
