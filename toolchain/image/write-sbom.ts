/**
 * Program of an image's build: it reads npm's bill of materials from stdin and prints the image's. Arguments: SERVICE
 * VERSION BASE.
 */
import { readFileSync } from "node:fs";
import { imageSbom } from "./sbom.ts";

const [service = "", version = "", base = ""] = process.argv.slice(2);
const npm: unknown = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(
  `${JSON.stringify(imageSbom(npm, { service, version, base, nodeVersion: process.versions.node }), null, 2)}\n`,
);
