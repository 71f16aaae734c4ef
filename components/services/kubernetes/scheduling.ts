import { podScheduling } from "../../kubernetes/scheduling.ts";
import type { RenderContext } from "./context.ts";

/** Returns the scheduling and pull settings of a workload's pods. Its own pull secrets come before the environment's. */
export function serviceScheduling({
  settings,
  pods,
}: Pick<RenderContext, "settings" | "pods">): Record<string, unknown> {
  const { pullSecrets } = settings.images;
  return {
    // The field is written even if it is empty, as in earlier releases.
    imagePullSecrets: [],
    ...podScheduling(pullSecrets.length === 0 ? pods : { ...pods, pullSecrets }),
  };
}
