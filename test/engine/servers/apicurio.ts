/** Apicurio Registry as published, with its schemas in memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findApicurio } from "../../../toolchain/servers/apicurio.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";

const START_LIMIT_MS = 180_000;

/** A running registry. */
export interface RunningRegistry {
  /** Base of the Confluent-compatible API. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a registry.
 * @throws Error where the toolchain has none, or it does not answer in time, with its last lines.
 */
export async function startApicurio(): Promise<RunningRegistry> {
  const distribution = await findApicurio();
  if (distribution === undefined) throw new Error("The toolchain has no registry; `npx kit doctor --fix` prepares it.");
  const folder = await mkdtemp(join(tmpdir(), "registry-"));
  const [port = 0, management = 0] = await freePorts(2);
  const settings = join(folder, "application.properties");
  await writeFile(
    settings,
    [
      "quarkus.http.host=127.0.0.1",
      `quarkus.http.port=${port}`,
      "quarkus.management.host=127.0.0.1",
      `quarkus.management.port=${management}`,
      "quarkus.otel.sdk.disabled=true",
      "apicurio.storage.kind=sql",
      "apicurio.storage.sql.kind=h2",
      "apicurio.datasource.url=jdbc:h2:mem:registry",
      "",
    ].join("\n"),
  );
  const { java, jvmFlags, command } = distribution;
  const child = spawn(java.binary, [...jvmFlags, "-Xmx256m", `-Dsmallrye.config.locations=${settings}`, ...command], {
    cwd: distribution.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-4_000);
    });
  const closed = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const deadline = performance.now() + START_LIMIT_MS;
  while (
    !(await fetch(`${url}/subjects`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`The registry did not answer within ${START_LIMIT_MS / 1000} s. Its last lines:\n${said}`);
    }
    await delay(200);
  }
  return { url, stop };
}
