import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { freePorts } from "./loopback-port.ts";
import { startTrainingProcess } from "./training-process.ts";

/** Input of a training run. */
export interface ApicurioTraining {
  java: string;
  jvmFlags: readonly string[];
  command: readonly string[];
  workDir: string;
  /** Folder below which scratch files are created and removed. */
  folder: string;
  /** Path of the cache file. */
  output: string;
}

const START_LIMIT_MS = 180_000;
const ASSEMBLY_LIMIT_MS = 240_000;
const SUBJECT = "training-events-com.example.TrainingEvent";

/**
 * Runs the registry on an in-memory database (in which kafkasql also keeps its copy) and exercises what the platform
 * uses: register, check and read schemas.
 */
export async function trainApicurio(training: ApicurioTraining): Promise<void> {
  const scratch = join(training.folder, "scratch");
  await mkdir(scratch, { recursive: true });
  const [port, management] = (await freePorts(2)) as [number, number];
  const settings = join(scratch, "application.properties");
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
      "apicurio.datasource.url=jdbc:h2:mem:training",
      "",
    ].join("\n"),
  );
  const server = startTrainingProcess(
    training.java,
    [
      ...training.jvmFlags,
      `-XX:AOTCacheOutput=${training.output}`,
      "-Xmx256m",
      `-Dsmallrye.config.locations=${settings}`,
      ...training.command,
    ],
    { cwd: training.workDir, log: join(scratch, "registry.log") },
  );
  const base = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  try {
    await server.until("a registry that answers", () => isGood(fetch(`${base}/subjects`)), START_LIMIT_MS);
    for (const fields of [[], [{ name: "note", type: "string", default: "" }]]) await exercise(base, fields);
  } finally {
    await server.stop(ASSEMBLY_LIMIT_MS);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Exercises the registry. Errors do not matter: the cache holds whatever ran. */
async function exercise(base: string, moreFields: readonly object[]): Promise<void> {
  const schema = JSON.stringify({
    type: "record",
    name: "TrainingEvent",
    namespace: "com.example",
    fields: [{ name: "id", type: "string" }, ...moreFields],
  });
  const post = (path: string, body: object): Promise<boolean> =>
    isGood(
      fetch(`${base}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
  await post(`/compatibility/subjects/${SUBJECT}/versions/latest?verbose=true`, { schema });
  await post(`/subjects/${SUBJECT}/versions`, { schema });
  await post(`/subjects/${SUBJECT}`, { schema });
  await isGood(
    fetch(`${base}/config/${SUBJECT}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: '{"compatibility":"BACKWARD"}',
    }),
  );
  for (const path of [
    `/subjects/${SUBJECT}/versions/latest`,
    `/subjects/${SUBJECT}/versions`,
    "/schemas/ids/1",
    "/config",
  ]) {
    await isGood(fetch(base + path));
  }
}

async function isGood(response: Promise<Response>): Promise<boolean> {
  try {
    const answer = await response;
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
