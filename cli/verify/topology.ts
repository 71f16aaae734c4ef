/** Contracts of the platform's services: those of the running services, and for the others those that `topics/` declares. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseContract } from "@event-platform-kit/service/contract";
import { localLayout } from "../../components/local/layout.ts";
import { loadModel } from "../../components/model/load.ts";
import { planPlatform } from "../../components/plan/plan.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import type { ServiceContract } from "./evidence.ts";

/** Name of a service's contract file below the folder of its files. */
const CONTRACT_FILE = "kafka-contract.json";

/**
 * Reads the contracts, sorted by service. Running services take precedence over the declaration: an edited file under `topics/`
 * changes nothing before the next `kit up`.
 * @throws KitError `KIT_MODEL_INVALID` when `topics/` is invalid and no service runs.
 */
export async function readContracts(
  context: Pick<CommandContext, "projectDir" | "stateDir">,
  stack: string,
): Promise<readonly ServiceContract[]> {
  const contracts = new Map<string, ServiceContract>();
  const reading = await loadModel(context.projectDir, stack);
  if (reading.ok)
    for (const contract of planPlatform(reading.value.model, reading.value.stack).contracts)
      contracts.set(contract.service, contract);
  for (const contract of await runningContracts(context.stateDir)) contracts.set(contract.service, contract);
  if (contracts.size === 0)
    throw new KitError("KIT_MODEL_INVALID", reading.ok ? "no services" : `${reading.problems.length} problems`);
  return [...contracts.values()].toSorted((a, b) => (a.service < b.service ? -1 : 1));
}

/** The contracts with which services of this machine were started, sorted by service. */
export async function runningContracts(stateDir: string): Promise<readonly ServiceContract[]> {
  const folder = localLayout(stateDir).file();
  const names = await readdir(folder).catch(() => []);
  const contracts = await Promise.all(
    names.toSorted().map(async (name) => {
      const file = join(folder, name, CONTRACT_FILE);
      const text = await readFile(file, "utf8").catch(() => undefined);
      return text === undefined ? [] : [parseContract(text, file)];
    }),
  );
  return contracts.flat();
}
