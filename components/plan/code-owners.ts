/** Who has to review a change of which file, as GitHub's and GitLab's CODEOWNERS have it. Pure. */
import { compareText } from "../model/problems/problem.ts";
import { sharedTypesOf } from "../model/schemas/shared-types.ts";
import { topicsFolder } from "../model/source-file.ts";
import type { Domain, Model } from "../model/types.ts";

/** Files of a team. A later entry takes precedence over an earlier one. */
export interface OwnedPattern {
  /** From the repository's root, with a slash in front; what means something in a pattern is escaped, as in `.gitignore`. */
  readonly pattern: string;
  /** Team slugs, the first one answers. */
  readonly teams: readonly string[];
}

/**
 * Domain files, the schemas they need (those of types that schemas share with all their users' teams), and the services they list, each with the domain's team; everything else in
 * the repository belongs to the platform's team.
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
 * The pattern that matches a path and nothing else.
 * @throws Error for a path with control characters, which no line can hold; the model refuses it before.
 */
function patternOf(path: string): string {
  if (/\p{Cc}/u.test(path))
    throw new Error(
      `The path ${JSON.stringify(path)} has control characters: no line of CODEOWNERS can hold it. Rename the file.`,
    );
  return `/${path.replace(/[\\ #*?[\]!]/gu, "\\$&")}`;
}

/** A folder as a whole where one team's domains alone use it, else each of its files. */
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
 * The file's text.
 * @param handle - A team's handle, for example `@globalmart/checkout`.
 */
export function formatCodeOwners(patterns: readonly OwnedPattern[], handle: (team: string) => string): string {
  const width = Math.max(...patterns.map(({ pattern }) => pattern.length));
  const lines = patterns.map(({ pattern, teams }) => `${pattern.padEnd(width)}  ${teams.map(handle).join(" ")}`);
  return `# Made by \`npx kit owners\` from topics/. A later line takes precedence over an earlier one.\n${lines.join("\n")}\n`;
}
