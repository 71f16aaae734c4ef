/**
 * Computes the part of a lock file that one workspace package needs: its dependencies, their dependencies, and so on,
 * both workspaces of this project and packages from a registry. `npm ci` on this part installs exactly what the project
 * was tested with, and nothing that only other programs of the project use. It runs inside an image's build, so it uses
 * no packages.
 */

/** An entry of a lock file, version 3: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
export interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  /** Target of a link: the folder of a workspace. */
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly [field: string]: unknown;
}

/** A lock file: entries by their path, for example `node_modules/pg`, or the folder of a workspace. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** The packages that a workspace package needs. */
export interface PackageClosure {
  /** Folders of workspaces, including the package's own, sorted. */
  readonly workspaces: readonly string[];
  /** Folders of the workspaces by the path of the link to each, below the project. */
  readonly links: ReadonlyMap<string, string>;
  /** The two files that `npm ci` reads, for a project with only these workspaces. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly lock: Readonly<Record<string, unknown>>;
}

/** Marks of an entry that describe its role in the whole project. They would be wrong in the part. */
const MARKS = new Set(["dev", "devOptional", "peer"]);

/**
 * Returns the part of the lock file for one package.
 * @param name - Name of the new project. No workspace may have it.
 * @param workspace - Folder of the package, for example `service-templates/order-service`.
 * @throws {Error} with what the lock file lacks, or with a package that workspaces need in two versions.
 */
export function packageClosure(name: string, workspace: string, lock: Lock): PackageClosure {
  const own = Object.entries(lock.packages).find(([, entry]) => entry.link === true && entry.resolved === workspace);
  if (own === undefined)
    throw new Error(`package-lock.json has no workspace ${workspace}; give it a package.json and run npm install.`);
  const kept = new Set<string>();
  const visit = (place: string): void => {
    if (kept.has(place)) return;
    kept.add(place);
    const entry = lock.packages[place] ?? {};
    if (entry.link === true) {
      visit(entry.resolved ?? "");
      return;
    }
    for (const [dependency, needed] of dependenciesOf(entry)) {
      const found = resolve(lock, place, dependency);
      if (found !== undefined) visit(found);
      else if (needed)
        throw new Error(`package-lock.json has no ${dependency}, which ${place} depends on; run npm install.`);
    }
  };
  visit(own[0]);
  const places = [...kept].sort();
  const workspaces = places.filter((place) => !place.startsWith("node_modules/"));
  // An image has one folder of packages, above all workspaces.
  const apart = workspaces.find((place) => place.includes("/node_modules/"));
  if (apart !== undefined)
    throw new Error(`${apart} is another version than other workspaces have; give all package.json the same version.`);
  const root = { name, version: "0.0.0", workspaces };
  const entries = places.map((place) => [
    place,
    Object.fromEntries(Object.entries(lock.packages[place] ?? {}).filter(([field]) => !MARKS.has(field))),
  ]);
  return {
    workspaces,
    links: new Map(
      places.flatMap((place): [string, string][] => {
        const { link, resolved } = lock.packages[place] ?? {};
        return link === true && resolved !== undefined ? [[place, resolved]] : [];
      }),
    ),
    manifest: { ...root, private: true, type: "module" },
    lock: {
      name,
      version: "0.0.0",
      lockfileVersion: 3,
      requires: true,
      packages: Object.fromEntries([["", root], ...entries]),
    },
  };
}

/** Returns the dependencies of an entry, and whether each is required. */
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

/**
 * Returns the path at which a package resolves another one, beside itself, then in its parent folders; undefined if
 * there is none.
 */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const place = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock.packages[place] !== undefined) return place;
    if (folder === "") return undefined;
  }
}
