/** Maps each injection of the schedule to its implementation. */
import type { WitnessedFault } from "../../witness.ts";
import type { ChaosDefinition } from "../definition.ts";
import { isKitInjection, ownFault } from "../injections.ts";
import type { Injection, KitInjection } from "../schedule.ts";
import type { Site } from "../site.ts";
import { skewClocks } from "./clocks.ts";
import { makeReadOnly, widenColumn } from "./database-changes.ts";
import { storm } from "./disconnects.ts";
import { freezeInstance } from "./frozen-services.ts";
import { poisonWithLargeRecords } from "./large-poison.ts";
import { freezeAndThaw, killActiveController, killAndRevive, rollBrokers } from "./outages.ts";
import { poisonTopics } from "./poison.ts";
import { coldRegistry, crashAtPoint, rewindOffsets } from "./services.ts";
import { takeZonesDown } from "./zones.ts";

/** Runs an injection of the schedule, from its moment (`at`, milliseconds since the epoch) to its healing. */
export async function perform(
  site: Site,
  injection: Injection,
  at: number,
  project: Pick<ChaosDefinition, "faults" | "beside"> = {},
): Promise<WitnessedFault> {
  if (!isKitInjection(injection)) return await ownFault(project.faults ?? [], injection).perform(site, injection, at);
  const window = { from: 0, to: 0 };
  return await performKitFault(
    { ...site, beside: { ...project.beside?.(site, injection, window, at), window } },
    injection,
    at,
  );
}

async function performKitFault(site: Site, injection: KitInjection, at: number): Promise<WitnessedFault> {
  switch (injection.fault) {
    case "kill":
      return await killAndRevive(site, injection, at);
    case "freeze":
      return await freezeAndThaw(site, injection, at);
    case "kill-active-controller":
      return await killActiveController(site, injection, at);
    case "roll-brokers":
      return await rollBrokers(site, injection, at);
    case "crash-at-point":
      return await crashAtPoint(site, injection, at);
    case "rewind-offsets":
      return await rewindOffsets(site, injection, at);
    case "poison":
      return await poisonTopics(site, injection, at);
    case "zones-down":
      return await takeZonesDown(site, injection, at);
    case "freeze-instance":
      return await freezeInstance(site, injection, at);
    case "large-poison":
      return await poisonWithLargeRecords(site, injection, at);
    case "disconnect-storm":
      return await storm(site, injection, at);
    case "widen-column":
      return await widenColumn(site, injection, at);
    case "read-only-database":
      return await makeReadOnly(site, injection, at);
    case "clock-skew":
      return await skewClocks(site, injection, at);
    case "cold-registry":
      return await coldRegistry(site, injection, at);
  }
}
