/** The effect of a declaration change on the services' files of typed events. Pure. */
import type { Model } from "../../components/model/types.ts";
import { parseServiceTemplate, type ServiceTemplate } from "../../components/services/template.ts";
import { KitError } from "../errors.ts";
import { type FileChanges, PLAIN_FILE } from "../new-service/file-change.ts";
import { type ProjectReading, SERVICES_FOLDER } from "../new-service/project-reading.ts";
import { eventsFiles } from "./events-files.ts";

/**
 * Updates the files of the services whose events changed.
 * @throws KitError `KIT_NEW_REFUSED` for a template that cannot be read.
 */
export function eventsChanges(project: ProjectReading, before: Model, after: Model): FileChanges {
  const templates = project.templates.map((name) => templateOf(project, name));
  const known = new Map(eventsFiles(before, templates).map(({ path, text }) => [path, text]));
  const wanted = eventsFiles(after, templates)
    .filter(({ path, text }) => known.get(path) !== text)
    .map((file) => ({ ...file, found: textOf(project, file.service, file.path) }));
  return {
    created: wanted.flatMap(({ path, text, found }) =>
      found === undefined ? [{ path, content: text, mode: PLAIN_FILE }] : [],
    ),
    changed: wanted.flatMap(({ path, text, found }) =>
      found === undefined || found === text ? [] : [{ path, before: found, after: text }],
    ),
  };
}

function templateOf(project: ProjectReading, name: string): ServiceTemplate {
  try {
    return parseServiceTemplate(name, textOf(project, name, `${SERVICES_FOLDER}/${name}/template.yaml`) ?? "");
  } catch (error) {
    throw new KitError("KIT_NEW_REFUSED", error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function textOf(project: ProjectReading, service: string, path: string): string | undefined {
  const content = project
    .filesOf(service)
    .find((file) => `${SERVICES_FOLDER}/${service}/${file.path}` === path)?.content;
  return typeof content === "string" ? content : undefined;
}
