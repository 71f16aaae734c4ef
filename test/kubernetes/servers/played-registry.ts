import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locateLocalServers } from "../../../toolchain/servers/local-servers.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import type { ApiClient } from "./api-client.ts";
import { secretText } from "./object-texts.ts";
import { type PlayedPart, playPart } from "./played-part.ts";
import { startServer } from "./server-process.ts";

const SECRET = "/api/v1/namespaces/platform/secrets/schema-registry";
const TRUSTSTORE = "/etc/event-platform/kafka-ca.pem";

/**
 * Plays a node for the registry's pods: once their Secret is there, a real registry starts from the files in it, on another
 * address and with another folder, and nothing else changed.
 */
export function playRegistry(client: ApiClient, port: number, limitMs: number): PlayedPart {
  return playPart(limitMs, async ({ declared, endLater }) => {
    const secret = await declared("the registry's Secret", () => client.read(SECRET));
    const folder = await mkdtemp(join(tmpdir(), "kit-played-registry-"));
    endLater(() => rm(folder, { recursive: true, force: true }));
    const { apicurio } = await locateLocalServers();
    const truststore = join(folder, "kafka-ca.pem");
    const settings = join(folder, "application.properties");
    const [managementPort = 0] = await freePorts(1);
    const properties = secretText(secret, "application.properties")
      .replaceAll(TRUSTSTORE, truststore)
      .replaceAll("0.0.0.0", "127.0.0.1")
      .replace(/^quarkus\.http\.port=.*$/m, `quarkus.http.port=${port}`)
      .replace(/^quarkus\.management\.port=.*$/m, `quarkus.management.port=${managementPort}`);
    await writeFile(settings, properties, { mode: 0o600 });
    await writeFile(truststore, secretText(secret, "kafka-ca.pem"));
    const server = startServer(
      "schema-registry",
      [apicurio.java, ...apicurio.jvmFlags, "-Xmx192m", `-Dsmallrye.config.locations=${settings}`, ...apicurio.command],
      { folder, workDir: apicurio.workDir },
    );
    endLater(() => server.stop(10_000));
    await server.until(
      "readiness",
      async () => (await fetch(`http://127.0.0.1:${managementPort}/health/ready`)).ok,
      limitMs,
    );
  });
}
