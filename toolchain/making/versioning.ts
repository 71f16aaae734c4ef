import semver from "semver";

/**
 * The version in a tool's own words, as `major.minor.patch`: "v3.259.0", "go1.26", "psql (PostgreSQL) 15.12 (Debian…)",
 * "25.0.3", "1.8.0_392" (an old JDK). Undefined when there is none.
 */
export function parseVersion(text: string): string | undefined {
  const match = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return `${Number(match[1])}.${Number(match[2] ?? 0)}.${Number(match[3] ?? 0)}`;
}

/** A JDK's version: before Java 9 the major version was the second number. */
export function parseJavaVersion(text: string): string | undefined {
  const version = parseVersion(text);
  return version?.startsWith("1.") === true ? `${version.slice(2)}.0` : version;
}

/** Whether a version (`major.minor.patch`) is at least the other. */
export function isAtLeast(version: string, minimum: string): boolean {
  return semver.gte(version, minimum);
}

/** For sorting: newest first. */
export function newestFirst(a: string, b: string): number {
  return semver.rcompare(a, b);
}
