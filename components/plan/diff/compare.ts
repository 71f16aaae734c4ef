import { capacityOf } from "../capacity.ts";
import { changeDigest, planFingerprint } from "../digest.ts";
import { compareAccess } from "./access.ts";
import { judgeCapacity } from "./capacity-hazards.ts";
import { compareEvents, type SchemaHistory } from "./events.ts";
import { sortChanges, worstHazard } from "./hazard.ts";
import { compareOwners } from "./owners.ts";
import { deltaCounts, planDelta } from "./plan-delta.ts";
import { compareQuotas } from "./quotas.ts";
import { compareServices } from "./services.ts";
import { compareStackSettings, differingSettings } from "./stack-settings.ts";
import type { SettingChange } from "./settings/index.ts";
import type { StatePair } from "./state.ts";
import { compareTopics } from "./topics.ts";
import type { Change, PlatformDiff } from "./types.ts";

/**
 * Compares two states of the platform and judges every change. Pure: the same two states always give the same
 * changes in the same order.
 * @param history - Versions of schemas before the base, for transitive compatibility. Default: none are known.
 */
export function comparePlatforms(pair: StatePair, history: SchemaHistory = new Map()): PlatformDiff {
  const { before, after } = pair;
  const capacity = { before: capacityOf(before), after: capacityOf(after) };
  const judged = [...compareTopics(pair), ...compareEvents(pair, history), ...compareQuotas(pair)];
  const settings = new Set(differingSettings(before.stack, after.stack).map(({ path }) => path));
  const follows = ({ setting }: SettingChange): boolean => setting !== undefined && settings.has(setting);
  const changes: Change[] = sortChanges([
    ...judged.filter((each) => !follows(each)).map(({ change }) => change),
    ...compareStackSettings(pair, judged.filter(follows)),
    ...compareServices(pair),
    ...compareAccess(pair),
    ...compareOwners(pair),
    ...judgeCapacity(pair, capacity),
  ]);
  const verdict = worstHazard(changes.map(({ hazard }) => hazard));
  return {
    verdict,
    changes,
    counts: deltaCounts(planDelta(before.plan, after.plan)),
    capacity,
    digest: changeDigest({ head: planFingerprint(after.plan, after.stack), base: planFingerprint(before.plan, before.stack), refused: verdict === "refused" }),
  };
}
