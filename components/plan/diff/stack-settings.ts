import type { StackSettings } from "../../model/stack/stack.ts";
import { sortedSet, worstHazard } from "./hazard.ts";
import type { SettingChange } from "./settings/index.ts";
import { platformTeam, type StatePair } from "./state.ts";
import type { Affected, Change, Hazard } from "./types.ts";
import { counted, limitText, listed, rateText, retentionText } from "./words.ts";

/** One setting of a stack with its values in two states. A value is absent if the setting is not set. */
export interface SettingDifference {
  /** Path of the setting: `topics.retention`, `services.order-service.replicas`. */
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/** Returns every setting in which two stacks differ, sorted by path. A list counts as one value. */
export function differingSettings(before: StackSettings, after: StackSettings): SettingDifference[] {
  if (before === after) return [];
  const was = flattened(before);
  const is = flattened(after);
  return sortedSet([...was.keys(), ...is.keys()]).flatMap((path) => {
    const [old, fresh] = [was.get(path), is.get(path)];
    return old === fresh
      ? []
      : [{ path, ...(old === undefined ? {} : { before: old }), ...(fresh === undefined ? {} : { after: fresh }) }];
  });
}

/** Returns a stack's settings by path, with the values as the file writes them. */
export function flattened(settings: object): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path === "" ? key : `${path}.${key}`);
    } else if (value !== undefined) found.set(path, textOf(path, value));
  };
  visit(settings, "");
  return found;
}

function textOf(path: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => textOf(path, each)).join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  if (typeof value !== "number") return String(value);
  if (path === "topics.retention") return retentionText(value);
  if (
    path === "topics.maxMessage" ||
    path === "capacity.diskPerBroker" ||
    /^kubernetes\..*\.(memory|volumes?|storage)$/.test(path)
  )
    return limitText(value);
  if (path === "kubernetes.kafka.readyWithin") return retentionText(value);
  if (path.startsWith("quotas.") || path === "capacity.networkPerBroker" || /^budgets\..*\.rate$/.test(path))
    return rateText(value);
  return String(value);
}

/**
 * Returns one change per setting that differs. It includes the changes of topics that follow from the setting. Ten
 * thousand lines for one changed default would hide the other changes.
 */
export function compareStackSettings(pair: StatePair, following: readonly SettingChange[]): Change[] {
  const bySetting = Map.groupBy(
    following.filter(({ setting }) => setting !== undefined),
    ({ setting }) => setting,
  );
  const differing = differingSettings(pair.before.stack, pair.after.stack);
  return differing.map((difference) =>
    settingChange(
      pair,
      difference,
      (bySetting.get(difference.path) ?? []).map(({ change }) => change),
    ),
  );
}

function settingChange(
  pair: StatePair,
  { path, before, after }: SettingDifference,
  following: readonly Change[],
): Change {
  const own = rules.find(({ paths }) => paths.test(path))?.judge(pair, path) ?? {
    hazard: "approval",
    effects: ["a setting of the whole environment"],
  };
  const hazard = worstHazard([own.hazard, ...following.map((change) => change.hazard)]);
  const worst = following.filter((change) => change.hazard === hazard);
  const [example] = worst;
  const effects = [...own.effects];
  if (following.length > 0) {
    const objects = sortedSet(following.map(({ object }) => object));
    effects.push(
      `${counted(objects.length, "object")} that ${objects.length === 1 ? "takes" : "take"} it: ${listed(objects)}`,
    );
    if (example !== undefined) effects.push(...example.effects.map((effect) => `${example.object}: ${effect}`));
    if (worst.length > 1) effects.push(`likewise ${counted(worst.length - 1, "other")}`);
  }
  const affected = uniqueAffected(following);
  return {
    kind: "setting-changed",
    object: `${pair.after.stackName}/${path}`,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    hazard,
    effects,
    reviewers: hazard === "safe" ? [] : sortedSet([platformTeam, ...following.flatMap(({ reviewers }) => reviewers)]),
    ...(example?.advice === undefined ? {} : { advice: example.advice }),
    ...(affected.length === 0 ? {} : { affected }),
  };
}

function uniqueAffected(changes: readonly Change[]): Affected[] {
  const found = new Map<string, Affected>();
  for (const { affected = [] } of changes) for (const each of affected) found.set(`${each.service} ${each.role}`, each);
  return sortedSet(found.keys()).flatMap((key) => found.get(key) ?? []);
}

interface StackRule {
  readonly paths: RegExp;
  readonly judge: (pair: StatePair, path: string) => { readonly hazard: Hazard; readonly effects: readonly string[] };
}

/** Rules for the effect of a setting by itself, apart from the topics that inherit it. The first match applies. */
const rules: readonly StackRule[] = [
  {
    paths: /^substrate$/,
    judge: () => ({
      hazard: "irreversible",
      effects: ["another substrate is another platform: nothing of the data moves along"],
    }),
  },
  {
    paths: /^kafka\.(zones|brokersPerZone)$/,
    judge: ({ before, after }) => {
      const brokers = (stack: StackSettings): number => stack.kafka.zones.length * stack.kafka.brokersPerZone;
      const [was, is] = [brokers(before.stack), brokers(after.stack)];
      const lost = before.stack.kafka.zones.filter((zone) => !after.stack.kafka.zones.includes(zone));
      if (is < was || lost.length > 0)
        return {
          hazard: "irreversible",
          effects: [`${was} brokers become ${is}: replicas on those that go must be moved off first, or they are lost`],
        };
      return {
        hazard: "approval",
        effects: [`${was} brokers become ${is}: replicas stay where they are until they are reassigned`],
      };
    },
  },
  {
    paths: /^kafka\.controllers$/,
    judge: () => ({
      hazard: "approval",
      effects: ["the controllers' quorum changes its size; the metadata of the cluster depends on it"],
    }),
  },
  {
    paths: /^topics\./,
    judge: (_, path) => ({
      hazard: "safe",
      effects: [
        path === "topics.partitionFactor"
          ? "every topic's partitions are scaled by it"
          : "default for what declares no value of its own",
      ],
    }),
  },
  { paths: /^quotas\./, judge: () => ({ hazard: "safe", effects: ["default for services that declare no quota"] }) },
  {
    paths: /^(capacity|budgets)(\.|$)/,
    judge: () => ({ hazard: "approval", effects: ["moves the limit that changes are held to"] }),
  },
  {
    paths: /^services\..*\.replicas$/,
    judge: ({ after }, path) => {
      const replicas = Number(flattened(after.stack).get(path) ?? Number.NaN);
      return replicas === 0
        ? { hazard: "approval", effects: ["the service is switched off"] }
        : { hazard: "safe", effects: ["more or fewer processes of the service"] };
    },
  },
  {
    paths: /^services\..*\.env\./,
    judge: () => ({ hazard: "safe", effects: ["the service restarts with it"] }),
  },
  {
    paths: /^local\./,
    judge: () => ({ hazard: "safe", effects: ["the local platform only; servers move to other ports"] }),
  },
];
