import { capacityOf } from "../capacity/capacity.ts";
import { changeDigest, planFingerprint } from "../digest.ts";
import { compareAccess } from "./access.ts";
import { judgeCapacity } from "./capacity-hazards.ts";
import { sortChanges, worstHazard } from "./hazard.ts";
import { compareOwners } from "./owners.ts";
import { deltaCounts, planDelta } from "./plan-delta.ts";
import { compareQuotas } from "./quotas.ts";
import { compareEvents } from "./schemas/events.ts";
import { knownHistory, type SchemaHistory } from "./schemas/schema-history.ts";
import type { PlaceInSchema } from "./schemas/schema-places.ts";
import { compareSharedTypes } from "./schemas/shared-types.ts";
import { findServiceRenames } from "./services/service-renames.ts";
import { compareServices } from "./services/services.ts";
import type { SettingChange } from "./settings/index.ts";
import { compareStackSettings, differingSettings } from "./stack-settings.ts";
import type { StatePair } from "./state.ts";
import { compareTopics } from "./topics.ts";
import type { Change, PlatformDiff } from "./types.ts";

/** Inputs of the judgement besides the two states. */
export interface Circumstances {
  /** The day of the judgement, `YYYY-MM-DD`. An announcement for a later day is not due yet. */
  readonly today: string;
  /** Versions of schemas before the base, for transitive compatibility. Default: no earlier versions. */
  readonly history?: SchemaHistory;
  /** Changes outside the platform's state, such as exceptions from rules. Default: none. */
  readonly further?: readonly Change[];
  /** Whether the head breaks a rule of level error. The head is then refused, whatever changes. Default: no. */
  readonly ruleBroken?: boolean;
  /** Finds locations in the head's schemas. Default: a changed schema gets the location of its event. */
  readonly placeInSchema?: PlaceInSchema;
}

/**
 * Compares two states of the platform and judges every change. Pure: the same states and inputs always give the same
 * changes in the same order.
 */
export function comparePlatforms(
  pair: StatePair,
  { today, history = knownHistory(), further = [], ruleBroken = false, placeInSchema = () => undefined }: Circumstances,
): PlatformDiff {
  const { before, after } = pair;
  const capacity = { before: capacityOf(before), after: capacityOf(after) };
  const renames = findServiceRenames(pair);
  const judged = [
    ...compareTopics(pair, today),
    ...compareEvents(pair, history, placeInSchema),
    ...compareQuotas(pair),
  ];
  const settings = new Set(differingSettings(before.stack, after.stack).map(({ path }) => path));
  const follows = ({ setting }: SettingChange): boolean => setting !== undefined && settings.has(setting);
  const changes: Change[] = sortChanges([
    ...judged.filter((each) => !follows(each)).map(({ change }) => change),
    ...compareStackSettings(pair, judged.filter(follows)),
    ...compareSharedTypes(pair, history, placeInSchema),
    ...compareServices(pair, renames),
    ...compareAccess(pair, renames),
    ...compareOwners(pair),
    ...judgeCapacity(pair, capacity),
    ...further,
  ]);
  const verdict = ruleBroken ? "refused" : worstHazard(changes.map(({ hazard }) => hazard));
  return {
    verdict,
    changes,
    counts: deltaCounts(planDelta(before.plan, after.plan)),
    capacity,
    digest: changeDigest({
      head: planFingerprint(after.plan, after.stack),
      base: planFingerprint(before.plan, before.stack),
      refused: verdict === "refused",
    }),
  };
}
