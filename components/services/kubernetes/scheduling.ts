import { podScheduling } from "../../kubernetes/scheduling.ts";
import type { RenderContext } from "./context.ts";

/** How pods of a workload are put on nodes and their image is fetched; its own pull secrets come before the environment's. */
export function serviceScheduling({
  settings,
  pods,
}: Pick<RenderContext, "settings" | "pods">): Record<string, unknown> {
  const { pullSecrets } = settings.images;
  return {
    // Written even when it is empty, as it was in earlier releases.
    imagePullSecrets: [],
    ...podScheduling(pullSecrets.length === 0 ? pods : { ...pods, pullSecrets }),
  };
}
