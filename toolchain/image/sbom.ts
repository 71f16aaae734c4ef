/**
 * Creates the bill of materials of an image from the output of `npm sbom`. It removes what differs between two runs,
 * and adds Node and the base image. It runs inside an image's build.
 */
import { createHash } from "node:crypto";

/** Facts that npm does not know. */
export interface ImageFacts {
  readonly service: string;
  /** Version of the image, for example a tag. */
  readonly version: string;
  readonly nodeVersion: string;
  /** Reference of the base image. */
  readonly base: string;
  /** Files of a base image that come from no registry and no package manager. Default: none. */
  readonly files?: readonly SbomFile[];
}

/** A file in a bill of materials. */
export interface SbomFile {
  /** Absolute path in the image. */
  readonly path: string;
  /** SHA-256 of its content, 64 hexadecimal digits. */
  readonly sha256: string;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Returns the bill of materials.
 * @param npm - A CycloneDX document, as `npm sbom --sbom-format cyclonedx` prints it.
 * @throws {Error} if it is not such a document.
 */
export function imageSbom(npm: unknown, facts: ImageFacts): Data {
  if (!isData(npm) || npm.bomFormat !== "CycloneDX" || !Array.isArray(npm.components))
    throw new Error("npm sbom printed no CycloneDX document.");
  const { serialNumber: _serial, metadata, components, dependencies, ...rest } = npm;
  // The root of npm's dependency graph.
  const root = isData(metadata) && isData(metadata.component) ? metadata.component["bom-ref"] : facts.service;
  const [, tag = ""] = facts.base.split("@");
  const platform = [
    {
      "bom-ref": `node@${facts.nodeVersion}`,
      type: "platform",
      name: "node",
      version: facts.nodeVersion,
      purl: `pkg:generic/node@${facts.nodeVersion}`,
    },
    {
      "bom-ref": "base-image",
      type: "container",
      name: facts.base.split("@")[0] ?? facts.base,
      ...(tag === "" ? {} : { version: tag }),
    },
    ...(facts.files ?? []).map(({ path, sha256 }) => ({
      "bom-ref": `file:${path}`,
      type: "file",
      name: path,
      hashes: [{ alg: "SHA-256", content: sha256 }],
    })),
  ];
  const document = {
    ...rest,
    metadata: { component: { "bom-ref": root, type: "container", name: facts.service, version: facts.version } },
    components: [...sortedByRef(components.filter(isData), "bom-ref"), ...platform],
    dependencies: sortedByRef(Array.isArray(dependencies) ? dependencies.filter(isData) : [], "ref"),
  };
  // A serial number from the content, so that the same image has the same bill of materials.
  const digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  return { ...document, serialNumber: `urn:uuid:${uuid}` };
}

function sortedByRef(list: readonly Data[], field: string): Data[] {
  return [...list].sort((a, b) => (String(a[field]) < String(b[field]) ? -1 : 1));
}

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
