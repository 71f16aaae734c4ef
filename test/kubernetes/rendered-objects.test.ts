import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runKit } from "../platform/kit-command.ts";
import type { ApiObject } from "./servers/api-client.ts";
import { type ApiServer, startApiServer, whyNoApiServer } from "./servers/api-server.ts";

/** What must be there before the rest is accepted. */
const FIRST = ["CustomResourceDefinition", "Namespace"];

const why = await whyNoApiServer();

describe.skipIf(why !== undefined)(
  `what \`kit render\` writes, given to a real API server${why === undefined ? "" : ` (${why})`}`,
  () => {
    let server: ApiServer;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "kit-rendered-"));
    });
    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
    });
    // One for each stack: two environments never share a cluster, and a Job's pods cannot change.
    beforeEach(async () => {
      server = await startApiServer();
    });
    afterEach(async () => {
      await server?.stop();
    });

    it.each(["dev", "staging", "prod"])(
      "is accepted whole for %s: strict fields, pod security enforced, not one warning",
      async (stack) => {
        const out = join(folder, stack);
        const rendered = await runKit({ stateDir: join(folder, "state"), portBase: 0 }, [
          "render",
          stack,
          "--out",
          out,
        ]);
        expect(rendered.code, rendered.stderr).toBe(0);
        const objects = await readObjects(out);
        const complaints: string[] = [];
        for (const object of [
          ...objects.filter(({ kind }) => FIRST.includes(kind)),
          ...objects.filter(({ kind }) => !FIRST.includes(kind)),
        ]) {
          const { status, body, warnings } = await server.client.apply(object);
          const where = `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`;
          if (status >= 300) complaints.push(`${where}: ${status} ${JSON.stringify(body)}`);
          complaints.push(
            ...warnings.filter((warning) => !isOfPlaceholder(warning, object)).map((warning) => `${where}: ${warning}`),
          );
        }
        expect(complaints).toEqual([]);
        expect(objects.length).toBeGreaterThan(90);
      },
    );
  },
);

/** A certificate that the secret store has yet to fill in is none, and the server says so. */
function isOfPlaceholder(warning: string, object: ApiObject): boolean {
  return (
    object.kind === "Secret" &&
    warning.includes("failed to find any PEM data") &&
    JSON.stringify(object).includes('"<path:')
  );
}

async function readObjects(out: string): Promise<ApiObject[]> {
  const files = (await readdir(out, { recursive: true }))
    .filter((file) => file.includes("/") && file.endsWith(".yaml"))
    .sort();
  return Promise.all(files.map(async (file) => parse(await readFile(join(out, file), "utf8")) as ApiObject));
}
