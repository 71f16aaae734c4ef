/**
 * The part of a lock file that some packages need, so that `npm ci` installs exactly what the project was tested with,
 * and nothing that only other programs of the project use. Runs inside an image's build: it uses nothing but itself.
 */

/** An entry of a lock file, version 3: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
export interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly [field: string]: unknown;
}

/** A lock file: entries by their place, for example `node_modules/pg`. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** The two files that `npm ci` reads. */
export interface NpmProject {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly lock: Readonly<Record<string, unknown>>;
}

/** Marks of what an entry is to the whole project; in the part they would be wrong. */
const MARKS = new Set(["dev", "devOptional", "peer"]);

/**
 * @param name - Name of the new project.
 * @param wanted - Packages that its code imports, each with who imports it.
 * @throws {Error} naming package and importer, when the project does not depend on a package itself.
 */
export function lockClosure(
  name: string,
  wanted: readonly { readonly name: string; readonly importedBy: string }[],
  lock: Lock,
): NpmProject {
  const project = lock.packages[""];
  const kept = new Set<string>();
  const visit = (place: string): void => {
    if (kept.has(place)) return;
    kept.add(place);
    const entry = lock.packages[place] ?? {};
    for (const [dependency, needed] of dependenciesOf(entry)) {
      const found = resolve(lock, place, dependency);
      if (found !== undefined) visit(found);
      else if (needed)
        throw new Error(`package-lock.json has no ${dependency}, which ${place} depends on; run npm install.`);
    }
  };
  const versions: [string, string][] = wanted.map((each) => {
    const declared = project?.dependencies?.[each.name];
    if (declared === undefined)
      throw new Error(
        `${each.importedBy} imports ${each.name}, which package.json does not list under dependencies; add it there.`,
      );
    visit(`node_modules/${each.name}`);
    return [each.name, lock.packages[`node_modules/${each.name}`]?.version ?? declared];
  });
  const manifest = {
    name,
    version: "0.0.0",
    private: true,
    type: "module",
    dependencies: Object.fromEntries(versions),
  };
  const { private: _, type: __, ...root } = manifest;
  const entries = [...kept]
    .sort()
    .map((place) => [
      place,
      Object.fromEntries(Object.entries(lock.packages[place] ?? {}).filter(([field]) => !MARKS.has(field))),
    ]);
  return {
    manifest,
    lock: {
      name,
      version: "0.0.0",
      lockfileVersion: 3,
      requires: true,
      packages: Object.fromEntries([["", root], ...entries]),
    },
  };
}

/** What an entry depends on, and whether it cannot be without. */
function dependenciesOf(entry: LockEntry): [string, boolean][] {
  const optional = Object.keys(entry.optionalDependencies ?? {});
  const peers = Object.keys(entry.peerDependencies ?? {}).filter(
    (peer) => entry.peerDependenciesMeta?.[peer]?.optional !== true,
  );
  return [
    ...Object.keys(entry.dependencies ?? {}).map((name): [string, boolean] => [name, true]),
    ...[...peers, ...optional].map((name): [string, boolean] => [name, false]),
  ];
}

/** Where a package that stands at a place finds another: beside itself, then further up. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const place = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock.packages[place] !== undefined) return place;
    if (folder === "") return undefined;
  }
}
