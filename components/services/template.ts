import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { personalDataSchema } from "./personal-data.ts";

/** Kubernetes quantities in templates: milli-CPUs and mebibytes. */
const CPU = "is a number of milli-CPUs, for example 250m";
const MEMORY = "is a number of mebibytes, for example 192Mi";
const cpu = z.string(CPU).regex(/^\d+m$/, CPU);
const memory = z.string(MEMORY).regex(/^\d+Mi$/, MEMORY);

const templateSchema = z.strictObject({
  /**
   * Name, equal to the folder's. It is also the name of the service's principal, of its group, and of its Kubernetes
   * objects.
   */
  name: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, "is a DNS label: lower-case letters, digits, dashes"),
  description: z.string().min(1),
  runtime: z.strictObject({ entry: z.string().min(1) }),
  /** Whether the service has an HTTP API. */
  http: z.strictObject({ port: z.boolean() }).optional(),
  /**
   * Whether customers reach the service from outside. At most one service of a project can be exposed, and it must have
   * an HTTP API. Default: false.
   */
  exposed: z.boolean().default(false),
  management: z.strictObject({ liveness: z.string(), readiness: z.string(), metrics: z.string() }),
  /**
   * Folder of migrations, and the maximum connections of one instance, over all its pools. Absent if the service has no
   * database.
   */
  database: z
    .strictObject({
      migrations: z.string(),
      connections: z.int("is a whole number").min(1, "is at least 1").default(8),
    })
    .optional(),
  /** Key pattern that the service may use. Absent if it has no cache. */
  redis: z.strictObject({ keys: z.string() }).optional(),
  kafka: z.boolean().default(false),
  /** Services that it calls over HTTP. Default: none. */
  calls: z.array(z.string()).default([]),
  /** `verify`: the service gets the public keys of the token issuer. */
  tokens: z.literal("verify").optional(),
  /** What `kit erase` erases in the service's database. `tables` is empty if it holds no personal data. */
  personalData: personalDataSchema.optional(),
  resources: z.strictObject({ cpu, memory }),
});

/** The contract of a service template with the platform: `service-templates/<name>/template.yaml`. */
export type ServiceTemplate = z.infer<typeof templateSchema>;

/**
 * Reads every template of a folder, sorted by name. Folders without a `template.yaml` (the shared library) are not
 * templates.
 * @throws {Error} with file, key, value and rule, if a template breaks the contract.
 */
export function readServiceTemplates(folder: string): readonly ServiceTemplate[] {
  const templates = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "template.yaml")))
    .map((entry) => entry.name)
    .sort()
    .map((name) => parseServiceTemplate(name, readFileSync(join(folder, name, "template.yaml"), "utf8")));
  exposedService(templates);
  return templates;
}

/**
 * Returns the name of the service that customers reach from outside; undefined if there is none. All other services are
 * reachable only from inside.
 * @throws {Error} if several services are exposed, because a platform has one address for customers.
 */
export function exposedService(templates: readonly ServiceTemplate[]): string | undefined {
  const [exposed, ...others] = templates.filter((template) => template.exposed).map(({ name }) => name);
  if (others.length > 0)
    throw new Error(
      `service-templates/${others[0]}/template.yaml: exposed: ${exposed} is exposed already, and customers have one address; let it call ${others.join(" and ")} instead.`,
    );
  return exposed;
}

/**
 * Validates one template.
 * @param folder - Name of the template's folder. The template must have the same name.
 * @throws {Error} As {@link readServiceTemplates}.
 */
export function parseServiceTemplate(folder: string, text: string): ServiceTemplate {
  const file = `service-templates/${folder}/template.yaml`;
  const document = parseDocument(text, { prettyErrors: true });
  const [unreadable] = document.errors;
  if (unreadable !== undefined) throw new Error(`${file}: ${unreadable.message}`);
  const result = templateSchema.safeParse(document.toJS());
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${file}: ${issue.path.join(".") || "(whole file)"}: ${issue.message}`,
    );
    throw new Error(`${problems.join("\n")}\nSee docs/guide/services.md for every key.`);
  }
  if (result.data.name !== folder) {
    throw new Error(`${file}: name is ${result.data.name}, but the folder is ${folder}; make them equal.`);
  }
  if (result.data.exposed && result.data.http?.port !== true)
    throw new Error(`${file}: exposed: true needs an HTTP API; add \`http: {port: true}\`, or take exposed out.`);
  return result.data;
}

/**
 * Orders templates so that every service comes after those that it calls.
 * @throws {Error} if a called service does not exist, or if services call each other in a circle.
 */
export function calledFirst(templates: readonly ServiceTemplate[]): readonly ServiceTemplate[] {
  const byName = new Map(templates.map((template) => [template.name, template]));
  const ordered = new Set<ServiceTemplate>();
  const visit = (template: ServiceTemplate, path: readonly string[]): void => {
    if (ordered.has(template)) return;
    const callers = [...path, template.name];
    if (path.includes(template.name))
      throw new Error(
        `Services call each other in a circle: ${callers.join(" -> ")}; let one of them consume events instead.`,
      );
    for (const name of template.calls) {
      const called = byName.get(name);
      if (called === undefined) {
        throw new Error(
          `service-templates/${template.name}/template.yaml: calls: there is no service ${name}; there are: ${[...byName.keys()].join(", ")}.`,
        );
      }
      visit(called, callers);
    }
    ordered.add(template);
  };
  for (const template of templates) visit(template, []);
  return [...ordered];
}
