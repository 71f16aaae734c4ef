import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuiltImage } from "../../cli/image/build-images.ts";
import { buildImages, linuxPlatform } from "../../cli/image/build-images.ts";
import { readArchive } from "../../cli/image/oci-archive.ts";
import { readServiceTemplates } from "../../components/services/template.ts";
import { freePorts } from "../../toolchain/training/loopback-port.ts";
import { PROJECT_DIR, runKit } from "../platform/kit-command.ts";
import { containerOf } from "./image/pod-container.ts";
import type { ContainerRun, UnpackedImage } from "./image/unpacked-image.ts";
import { endOf, sandboxMissing, sbomOf, startContainer, unfitFiles, unpackImage } from "./image/unpacked-image.ts";
import type { RenderedObject } from "./judges/finding.ts";
import { readRendered } from "./judges/finding.ts";
import type { SecurePostgres } from "./servers/secure-postgres.ts";
import { startSecurePostgres } from "./servers/secure-postgres.ts";

const templates = readServiceTemplates(join(PROJECT_DIR, "service-templates"));
const missing = await sandboxMissing();
const START_LIMIT_MS = 60_000;

describe("images built by the kit on a base made of this machine", () => {
  let folder: string;
  let objects: readonly RenderedObject[];
  let built: readonly BuiltImage[];
  const unpacked = new Map<string, UnpackedImage>();

  const build = async (services: readonly string[], out: string): Promise<readonly BuiltImage[]> =>
    await buildImages({
      projectDir: PROJECT_DIR,
      version: "1.0.0",
      base: { by: "host" },
      out,
      services: templates
        .filter(({ name }) => services.includes(name))
        .map(({ name, runtime }) => ({
          service: name,
          workspace: `service-templates/${name}`,
          entry: runtime.entry,
          name: `registry.example.com/shop/${name}:1.0.0`,
        })),
    });
  const imageOf = (service: string): UnpackedImage => {
    const image = unpacked.get(service);
    if (image === undefined) throw new Error(`${service} was not built.`);
    return image;
  };
  /** A service as its pod runs it, on free ports of this machine. */
  const serviceRun = async (service: string): Promise<{ readonly run: ContainerRun; readonly management: number }> => {
    const run = containerOf("Deployment", (name) => name === service, objects);
    const [http = 0, management = 0] = await freePorts(2);
    return {
      management,
      run: {
        ...run,
        environment: {
          ...run.environment,
          HTTP_HOST: "127.0.0.1",
          HTTP_PORT: String(http),
          MANAGEMENT_PORT: String(management),
        },
      },
    };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kit-images-"));
    const rendered = join(folder, "dev");
    const { code, stderr } = await runKit(
      { stateDir: join(folder, "state"), portBase: 0 },
      ["render", "dev", "--out", rendered],
      { timeoutMs: 240_000 },
    );
    expect(code, stderr).toBe(0);
    objects = await readRendered(rendered);
    const out = join(folder, "images.tar");
    built = await build(
      templates.map(({ name }) => name),
      out,
    );
    const layout = join(folder, "layout");
    await readArchive(out, layout, linuxPlatform());
    for (const { service, digest } of built) unpacked.set(service, await unpackImage(layout, digest));
  }, 600_000);
  afterAll(async () => {
    for (const image of unpacked.values()) await image.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it("are the same, byte for byte, when built again", async () => {
    const again = join(folder, "again.tar");
    expect(
      await build(
        templates.map(({ name }) => name),
        again,
      ),
    ).toEqual(built);
    expect((await readFile(again)).equals(await readFile(join(folder, "images.tar")))).toBe(true);
    expect((await build(["order-service"], join(folder, "alone.tar")))[0]).toEqual(
      built.find(({ service }) => service === "order-service"),
    );
  });

  it.each(templates.map(({ name }) => name))(
    "%s holds nothing that others may write, no shell, and a bill of its materials",
    async (service) => {
      const image = imageOf(service);
      expect(unfitFiles(image)).toEqual([]);
      expect(await readFile(join(image.root, "bin/sh")).catch(() => "absent")).toBe("absent");
      expect(image.image.config.config).toMatchObject({
        User: "10001:10001",
        Labels: { "org.opencontainers.image.title": service, "org.opencontainers.image.version": "1.0.0" },
      });
      expect(await sbomOf(image)).toMatchObject({
        bomFormat: "CycloneDX",
        metadata: { component: { name: service, version: "1.0.0" } },
        components: expect.arrayContaining([
          expect.objectContaining({ name: "fastify" }),
          expect.objectContaining({ name: "node", version: process.versions.node }),
        ]) as unknown,
      });
    },
  );

  describe.skipIf(missing !== undefined)(
    `with a read-only root${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    () => {
      it.concurrent.each(templates.map(({ name, management }) => ({ service: name, path: management.liveness })))(
        "$service starts as its pod does, lives, and drains when told to end",
        async ({ service, path }) => {
          const { run, management } = await serviceRun(service);
          const child = await startContainer(imageOf(service), run);
          const end = endOf(child, START_LIMIT_MS * 2);
          try {
            expect(await answerOf(`http://127.0.0.1:${management}${path}`, end)).toBe(200);
            expect(await (await fetch(`http://127.0.0.1:${management}/metrics`)).text()).toContain("process_cpu");
          } finally {
            child.kill("SIGTERM");
          }
          const { code, output } = await end;
          expect(code, output).toBe(0);
          expect(output).toContain("stopped");
        },
      );

      it("can write to /tmp and nowhere else, as a user of its own", async () => {
        const image = imageOf("order-service");
        const script = `const fs = require("node:fs");
        const outcome = (path) => { try { fs.writeFileSync(path, "x"); return "written"; } catch (error) { return error.code; } };
        console.log(JSON.stringify({ uid: process.getuid(), root: outcome("/x"), app: outcome("/app/x"), node: outcome("/usr/local/bin/node"), tmp: outcome("/tmp/x") }));`;
        const child = await startContainer(image, { command: ["node", "-e", script], environment: {}, files: {} });
        const { code, output } = await endOf(child, START_LIMIT_MS);
        expect(code, output).toBe(0);
        const { uid, root, app, node, tmp } = JSON.parse(output) as Record<string, unknown>;
        expect({ root, app, node, tmp }).toEqual({
          root: "EROFS",
          app: "EROFS",
          node: expect.stringMatching(/EROFS|ETXTBSY|EACCES/) as unknown,
          tmp: "written",
        });
        expect(uid).toBe(process.getuid?.() === 0 ? 10_001 : 0);
      });

      describe("the migration of order-service", () => {
        let postgres: SecurePostgres;
        beforeAll(async () => {
          postgres = await startSecurePostgres("admin-password-of-a-test");
        }, 120_000);
        afterAll(async () => {
          await postgres.stop();
        });

        it("runs as its Job does, twice, over TLS", async () => {
          for (const sql of [
            `CREATE ROLE orders_owner NOLOGIN`,
            `CREATE ROLE migrator LOGIN PASSWORD 'of-a-test' IN ROLE orders_owner`,
            `CREATE ROLE orders LOGIN`,
            `CREATE DATABASE orders OWNER orders_owner`,
          ])
            await postgres.query("postgres", sql);
          const job = containerOf("Job", (name) => name.startsWith("order-service-migration-"), objects);
          const run: ContainerRun = {
            ...job,
            environment: {
              ...job.environment,
              DATABASE_HOST: "127.0.0.1",
              DATABASE_PORT: String(postgres.port),
              DATABASE_NAME: "orders",
              DATABASE_USER: "migrator",
              DATABASE_OWNER: "orders_owner",
            },
            files: {
              "/etc/service/secrets": { "database-password": "of-a-test", "database-ca.pem": postgres.authority },
            },
          };
          for (const round of ["first", "second"]) {
            const { code, output } = await endOf(await startContainer(imageOf("order-service"), run), START_LIMIT_MS);
            expect(code, `${round} round: ${output}`).toBe(0);
          }
          const tables = await postgres.query(
            "orders",
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
          );
          expect(tables.map((row) => row.table_name)).toEqual(expect.arrayContaining(["orders", "outbox", "inbox"]));
        });
      });
    },
  );
});

/** Status of the first answer; waits until something listens, or what should listen has ended. */
async function answerOf(
  url: string,
  end: Promise<{ readonly code: number | null; readonly output: string }>,
): Promise<number> {
  let ended: { readonly code: number | null; readonly output: string } | undefined;
  void end.then(
    (outcome) => {
      ended = outcome;
    },
    () => {},
  );
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return answer.status;
    if (ended !== undefined) throw new Error(`It ended with code ${ended.code} before it answered: ${ended.output}`);
    if (Date.now() > deadline) throw new Error(`${url} did not answer within ${START_LIMIT_MS} ms.`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}
