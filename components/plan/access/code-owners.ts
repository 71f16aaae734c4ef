/** Computes which teams review a change of which file, in the CODEOWNERS format of GitHub and GitLab. Pure. */
import { compareText } from "../../model/problems/problem.ts";
import { sharedTypesOf } from "../../model/schemas/shared-types.ts";
import { topicsFolder } from "../../model/source-file.ts";
import type { Domain, Model } from "../../model/types.ts";

/** Files of a team. A later entry takes precedence over an earlier one. */
export interface OwnedPattern {
  /** Pattern from the repository's root, with a leading slash. Special characters are escaped, as in `.gitignore`. */
  readonly pattern: string;
  /** Team slugs. The first team is responsible. */
  readonly teams: readonly string[];
}

/**
 * Returns the owners of all files. The domain's team owns the domain file, the schemas that it needs and the services
 * that it lists. The teams of all users share the schema files of shared types. The platform's team owns everything
 * else in the repository.
 * @param platformTeam - Slug of the team that runs the platform.
 */
export function codeOwners(model: Model, platformTeam: string): readonly OwnedPattern[] {
  const domains = model.domains;
  return [
    { pattern: "*", teams: [platformTeam] },
    ...domains.map((domain) => owned(domain.source.file, domain)),
    ...schemaPatterns(domains),
    ...domains
      .flatMap((domain) => domain.services.map((service) => owned(`service-templates/${service}/`, domain)))
      .sort((a, b) => compareText(a.pattern, b.pattern)),
  ];
}

function owned(path: string, domain: Domain): OwnedPattern {
  return { pattern: patternOf(path), teams: [domain.owner.team] };
}

/**
 * Returns the pattern that matches exactly one path.
 * @throws Error for a path with control characters, which a line cannot hold. The model already refuses such a path.
 */
function patternOf(path: string): string {
  if (/\p{Cc}/u.test(path))
    throw new Error(
      `The path ${JSON.stringify(path)} has control characters: no line of CODEOWNERS can hold it. Rename the file.`,
    );
  return `/${path.replace(/[\\ #*?[\]!]/gu, "\\$&")}`;
}

/** Returns one pattern for a folder if only domains of one team use it, otherwise one pattern for each of its files. */
function schemaPatterns(domains: readonly Domain[]): OwnedPattern[] {
  const users = new Map<string, Set<string>>();
  for (const domain of domains) {
    const events = domain.topics.flatMap((topic) => topic.events);
    for (const { schemaPath } of [...events, ...sharedTypesOf(events)]) {
      const path = `${topicsFolder}/${schemaPath}`;
      const teams = users.get(path) ?? new Set();
      users.set(path, teams.add(domain.owner.team));
    }
  }
  const folders = Map.groupBy(users, ([path]) => path.slice(0, path.lastIndexOf("/") + 1));
  return [...folders]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([folder, files]) => {
      const teams = new Set(files.flatMap(([, own]) => [...own]));
      if (teams.size === 1) return [{ pattern: patternOf(folder), teams: [...teams] }];
      return files
        .sort(([a], [b]) => compareText(a, b))
        .map(([path, own]) => ({ pattern: patternOf(path), teams: [...own].sort(compareText) }));
    });
}

/**
 * Returns the text of the file.
 * @param handle - Returns the handle of a team, for example `@globalmart/checkout`.
 */
export function formatCodeOwners(patterns: readonly OwnedPattern[], handle: (team: string) => string): string {
  const width = Math.max(...patterns.map(({ pattern }) => pattern.length));
  const lines = patterns.map(({ pattern, teams }) => `${pattern.padEnd(width)}  ${teams.map(handle).join(" ")}`);
  return `# Made by \`npx kit owners\` from topics/. A later line takes precedence over an earlier one.\n${lines.join("\n")}\n`;
}
