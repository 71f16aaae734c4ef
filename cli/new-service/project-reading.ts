/** Reads the project from which a new service is made. */
import { isUtf8 } from "node:buffer";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadFile, loadTopicFiles } from "../../components/model/load.ts";
import type { SourceFile } from "../../components/model/source-file.ts";
import { stackFilePath } from "../../components/model/source-file.ts";
import { KitError } from "../errors.ts";

/** Folder of the services, relative to the project. */
export const SERVICES_FOLDER = "service-templates";
/** Folder with tests of services that need only their code. */
const PURE_TESTS = "test/unit/services";

/** One file of a template. */
export interface TemplateFile {
  /** Relative to the template's folder. */
  readonly path: string;
  readonly content: string | Buffer;
  readonly mode: number;
}

/** A project before the new service. */
export interface ProjectReading {
  /** Everything below `topics/`. */
  readonly topicFiles: readonly SourceFile[];
  /** `stacks/Pulumi.*.yaml` by stack. */
  readonly stackFiles: ReadonlyMap<string, SourceFile>;
  /** Entries of `service-templates/`. */
  readonly folders: readonly string[];
  /** Folders with a `template.yaml`, sorted. */
  readonly templates: readonly string[];
  /** Text of npm's lock file. */
  readonly lockFile: string;
  /** Files of a template. */
  readonly filesOf: (template: string) => readonly TemplateFile[];
}

/** Reads a project; a template's files only on request. */
export async function readProject(projectDir: string): Promise<ProjectReading> {
  const services = join(projectDir, SERVICES_FOLDER);
  const folders = readdirSync(services).sort();
  const stacks = readdirSync(join(projectDir, "stacks"))
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();
  const stackFiles = await Promise.all(
    stacks.map(async (stack) => [stack, await loadFile(projectDir, stackFilePath(stack))] as const),
  );
  return {
    topicFiles: await loadTopicFiles(projectDir),
    stackFiles: new Map(stackFiles),
    folders,
    templates: folders.filter((folder) => existsSync(join(services, folder, "template.yaml"))),
    lockFile: readFileSync(join(projectDir, "package-lock.json"), "utf8"),
    filesOf: (template) => [...templateFiles(join(services, template), ""), ...pureTests(projectDir, template)],
  };
}

function templateFiles(root: string, folder: string): TemplateFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): TemplateFile[] => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return templateFiles(root, path);
      if (!entry.isFile())
        throw new KitError("KIT_NEW_REFUSED", `${join(root, path)} is no plain file, and nothing else is copied`);
      const bytes = readFileSync(join(root, path));
      return [
        {
          path,
          content: isUtf8(bytes) ? bytes.toString("utf8") : bytes,
          mode: lstatSync(join(root, path)).mode & 0o777,
        },
      ];
    });
}

/**
 * Tests of the template's pure parts that are beside the library's. These tests import only this service, import nothing that
 * the library does not export, and read no files. Their imports are rewritten for the template's own folder.
 */
function pureTests(projectDir: string, template: string): TemplateFile[] {
  const folder = join(projectDir, PURE_TESTS);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .flatMap((name): TemplateFile[] => {
      const text = readFileSync(join(folder, name), "utf8");
      const imported = [...text.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
      const services = imported.flatMap((path) => /service-templates\/([^/]+)\//.exec(path)?.[1] ?? []);
      const own = services.includes(template) && services.every((service) => service === template);
      const elsewhere = imported.some(
        (path) => path.startsWith("node:") || (path.startsWith(".") && !path.includes(`${SERVICES_FOLDER}/`)),
      );
      if (!own || elsewhere) return [];
      const content = text.replaceAll(`"../../../${SERVICES_FOLDER}/${template}/`, '"../');
      return [{ path: `test/${name}`, content, mode: 0o644 }];
    });
}
