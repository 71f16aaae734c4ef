import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { locateStrimziCrds } from "../../../toolchain/strimzi/strimzi-crds.ts";
import { eventually } from "../../platform/condition.ts";
import { CRD_MODULES, locateModuleCrds } from "../../toolchain/module-crds.ts";
import type { ApiClient, ApiObject } from "./api-client.ts";
import { describeAnswer } from "./api-client.ts";

const ESTABLISHED_LIMIT_MS = 60_000;

/** Folders of every definition that the platform's objects may need. */
export async function allCrdFolders(): Promise<readonly string[]> {
  return [await locateStrimziCrds(), ...(await Promise.all(CRD_MODULES.map((name) => locateModuleCrds(name))))];
}

/** The custom resource definitions in a folder of YAML files; other kinds in it are left out. */
export async function readCrds(folder: string): Promise<readonly ApiObject[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as ApiObject | null))
    .filter((object) => object !== null && object.kind === "CustomResourceDefinition") as readonly ApiObject[];
}

/**
 * Installs definitions and waits until the server serves them.
 * @throws {Error} naming the definition that was refused, and why.
 */
export async function installCrds(client: ApiClient, folders?: readonly string[]): Promise<void> {
  const definitions = (await Promise.all((folders ?? (await allCrdFolders())).map(readCrds))).flat();
  await Promise.all(
    definitions.map(async (definition) => {
      const answer = await client.apply(definition);
      if (answer.status >= 300)
        throw new Error(`The definition ${definition.metadata.name} was refused: ${describeAnswer(answer)}`);
    }),
  );
  const names = new Set(definitions.map((definition) => definition.metadata.name));
  await eventually(
    "established definitions",
    async () => {
      const installed = await client.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions");
      const established = installed.filter(
        (definition) => names.has(definition.metadata.name) && isEstablished(definition),
      );
      return established.length === names.size ? true : undefined;
    },
    ESTABLISHED_LIMIT_MS,
  );
}

function isEstablished(definition: ApiObject): boolean {
  return hasCondition(definition, "Established");
}

/** Whether an object's status holds a condition that is true. */
export function hasCondition(object: ApiObject, type: string): boolean {
  const status: unknown = object.status;
  const conditions: unknown =
    typeof status === "object" && status !== null && "conditions" in status ? status.conditions : [];
  return (Array.isArray(conditions) ? conditions : []).some(
    (condition: { type?: unknown; status?: unknown }) => condition.type === type && condition.status === "True",
  );
}
