/** Settings of the exporter: a JSON file that the platform writes. It holds the paths of secret files, not the secrets. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const address = z.string().regex(/^.+:\d{1,5}$/, "is no host:port");
const path = z.string().min(1);

const settings = z.strictObject({
  listen: z.strictObject({ host: z.string(), port: z.int().min(0).max(65_535) }),
  brokers: z.array(address).min(1),
  /** PEM of the brokers' authority. */
  caFile: path,
  username: z.string().min(1),
  passwordFile: path,
  /** Pattern of groups that are not served. */
  unwatchedGroups: z.string(),
  /** Names of the brokers in Prometheus, by id. */
  nodes: z.record(z.string(), z.string()),
  /** PEM files whose first certificate is watched, by the name of the certificate. */
  certificates: z.record(z.string(), path),
});

export type ExporterSettings = z.infer<typeof settings>;

/**
 * Reads the settings.
 * @throws Error with the file's name and each wrong field.
 */
export function readSettings(file: string): ExporterSettings {
  const result = settings.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!result.success) throw new Error(`${file}: ${z.prettifyError(result.error)}`);
  return result.data;
}
