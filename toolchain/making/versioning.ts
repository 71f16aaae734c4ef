import semver from "semver";

/**
 * Parses the version in a tool's output to `major.minor.patch`: "v3.259.0", "go1.26", "psql (PostgreSQL) 15.12
 * (Debian…)", "25.0.3", "1.8.0_392" (an old JDK). Undefined if there is none.
 */
export function parseVersion(text: string): string | undefined {
  const match = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return `${Number(match[1])}.${Number(match[2] ?? 0)}.${Number(match[3] ?? 0)}`;
}

/** Parses a JDK's version. Before Java 9, the major version was the second number. */
export function parseJavaVersion(text: string): string | undefined {
  const version = parseVersion(text);
  return version?.startsWith("1.") === true ? `${version.slice(2)}.0` : version;
}

/** Returns whether a version (`major.minor.patch`) is at least another one. */
export function isAtLeast(version: string, minimum: string): boolean {
  return semver.gte(version, minimum);
}

/** Compares versions for sorting, newest first. */
export function newestFirst(a: string, b: string): number {
  return semver.rcompare(a, b);
}
