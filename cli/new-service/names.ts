/** The names of a new service, in all their forms. */

import { closest } from "../../components/model/problems/suggestion.ts";
import { platformPrincipals, slugPattern } from "../../components/model/values/names.ts";
import { KitError } from "../errors.ts";

/** All names derived from a service's name. */
export interface ServiceNames {
  /** Folder, principal, consumer group, Kubernetes name: `fraud-check-service`. */
  readonly service: string;
  /** Without `-service`: `fraud-check`. Prefix of its events, topics, keys and, by default, its domain. */
  readonly stem: string;
  /** Database and its login role: `fraud_check_service`. */
  readonly database: string;
  /** The function that starts it: `startFraudCheckService`. */
  readonly startFunction: string;
}

/** Names in an existing project that a new service must not take. */
export interface TakenNames {
  /** Entries of `service-templates/`: services and the library. */
  readonly folders: readonly string[];
  /** Services in `topics/`: principals and groups. */
  readonly services: readonly string[];
  /** Declared topics. */
  readonly topics: readonly string[];
  /** npm packages in `node_modules`, where the service also gets an entry. */
  readonly packages: readonly string[];
}

/** The pattern of `template.yaml`; the model's slugs may be longer. */
const LONGEST_NAME = 41;

/** Databases of PostgreSQL itself, and processes of the local platform that are not services. */
const RESERVED = ["lib", "postgres", "template0", "template1", "redis", "default", "log-keeper", ...platformPrincipals];

/** Derives the names from a service's name. */
export function serviceNames(service: string): ServiceNames {
  return {
    service,
    stem: service.replace(/-service$/, ""),
    database: service.replaceAll("-", "_"),
    startFunction: `start${pascalCase(service)}`,
  };
}

/** `fraud-check` or `fraud.check` as `FraudCheck`. */
export function pascalCase(words: string): string {
  return words
    .split(/[-._]/)
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join("");
}

/**
 * Checks that a name can become a service's.
 * @throws KitError `KIT_NEW_NAME_INVALID` (its form), `KIT_NEW_NAME_TAKEN` (who has it).
 */
export function checkServiceName(name: string, taken: TakenNames): void {
  const quoted = JSON.stringify(name);
  const invalid = (why: string): KitError => new KitError("KIT_NEW_NAME_INVALID", `${quoted} ${why}`);
  if (name.length < 2 || name.length > LONGEST_NAME)
    throw invalid(`has ${name.length} characters; it may have 2 to ${LONGEST_NAME}`);
  if (!new RegExp(slugPattern, "u").test(name))
    throw invalid("is not a DNS label of lower-case letters, digits and single dashes that starts with a letter");
  // PostgreSQL reserves roles with this prefix.
  if (name.startsWith("pg-"))
    throw invalid("would have a database role that begins with pg_, which PostgreSQL keeps for itself");
  if (serviceNames(name).stem === "") throw invalid("says nothing before -service");

  const refuse = (what: string): KitError => new KitError("KIT_NEW_NAME_TAKEN", `${quoted} ${what}`);
  if (taken.folders.includes(name))
    throw refuse(`is a folder already: service-templates/${name}. Nothing is overwritten`);
  if (RESERVED.some((reserved) => reserved === name)) throw refuse("belongs to the platform");
  if (taken.services.includes(name)) throw refuse("is a principal and consumer group already: topics/ names it");
  if (taken.topics.includes(name)) throw refuse("is a topic already");
  if (taken.packages.includes(name)) throw refuse("is an npm package that the project uses");
  const owner = [...taken.folders, ...taken.services].find(
    (other) => `${other}-owner` === name || `${name}-owner` === other,
  );
  if (owner !== undefined)
    throw refuse(`would share a database role with ${owner}: each database has an owner named like it`);
}

/**
 * The template with that name.
 * @throws KitError `KIT_NEW_UNKNOWN_TEMPLATE` with the closest known name.
 */
export function checkTemplateName(name: string, templates: readonly string[]): void {
  if (templates.includes(name)) return;
  const meant = closest(name, [...templates, ...templates.map((template) => serviceNames(template).stem)]);
  const full =
    meant === undefined || templates.includes(meant)
      ? meant
      : templates.find((template) => serviceNames(template).stem === meant);
  throw new KitError("KIT_NEW_UNKNOWN_TEMPLATE", JSON.stringify(name), {
    fix: `${full === undefined ? "" : `Did you mean ${full}? `}Templates are the folders of service-templates/ with a template.yaml: ${templates.join(", ")}.`,
  });
}
