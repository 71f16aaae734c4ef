import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runMigrationProgram } from "./servers/migration-program.ts";
import { secretText } from "./servers/object-texts.ts";
import type { PlatformSite } from "./site/platform-site.ts";
import { describePlatform, expectNothingLeft, MINUTE_MS } from "./site/platform-site.ts";
import type { Exported } from "./stack-state.ts";
import { DESTROY, exported, good, liveCluster, plain, summary, UP } from "./stack-state.ts";

/** Names of what the state holds and protects. */
const kept = ({ deployment }: Exported): readonly string[] =>
  (deployment.resources ?? [])
    .filter(({ protect }) => protect === true)
    .map(({ urn }) => urn.split("::").at(-1) ?? urn)
    .sort();

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Does what a service's job would, whose pod only seems to run here: the image's program with the job's own variables and Secret. */
async function migrateAsJob({ server, stack }: PlatformSite, service: string): Promise<string> {
  const job = (await server.client.list("/apis/batch/v1/namespaces/services/jobs")).find(({ metadata }) =>
    metadata.name.startsWith(`${service}-migration-`),
  );
  const { spec } = job as unknown as {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly [{ readonly env: readonly Variable[] }] } };
    };
  };
  const secret = await server.client.read(`/api/v1/namespaces/services/secrets/${service}-migration`);
  if (secret === undefined) throw new Error(`${service} has no Secret for its migration.`);
  const variables = Object.fromEntries(spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]));
  for (const [variable, key] of [
    ["DATABASE_PASSWORD_FILE", "database-password"],
    ["DATABASE_CA_FILE", "database-ca.pem"],
  ] as const) {
    const file = join(stack.stateDir, key);
    await writeFile(file, secretText(secret, key), { mode: 0o600 });
    variables[variable] = file;
  }
  return await runMigrationProgram(variables);
}

describePlatform("staging", [], (site) => {
  it("is accepted whole, with two fifths of the partitions", { timeout: 8 * MINUTE_MS }, async () => {
    good(await site().pulumi(UP));
    for (const part of site().parts) await part.answered;
    const live = await liveCluster(site().server.client, await exported(site().stack));
    expect(live.topics.find(({ name }) => name === "order-events")).toMatchObject({
      partitions: 12,
      replicas: { least: 3, most: 3 },
    });
  });

  it("lets a service into its database once its job has run, though the server's admin is no superuser", async () => {
    expect(await migrateAsJob(site(), "order-service")).toMatch(/has [1-9]\d* migrations/);
    const state = await exported(site().stack);
    const password = plain(
      state.deployment.resources.find(({ urn }) => urn.endsWith("kit:index:Password::postgres-order-service"))?.outputs
        ?.value,
    );
    expect(
      await site().postgres?.answerTo(
        { user: "order_service", password },
        "order_service",
        "SELECT count(*)::int AS rows FROM outbox",
      ),
    ).toEqual([{ rows: 0 }]);
  });

  it("changes nothing when it is looked at again", { timeout: 3 * MINUTE_MS }, async () => {
    expect(summary(good(await site().pulumi(["preview"])))).toEqual([]);
  });

  it("keeps what holds data when all else is destroyed", { timeout: 6 * MINUTE_MS }, async () => {
    const before = kept(await exported(site().stack));
    expect(before).toEqual(
      expect.arrayContaining(["kafka", "kafka/kafka", "order-events", "order_service", "platform", "services"]),
    );
    good(await site().pulumi([...DESTROY, "--exclude-protected"]));
    expect(kept(await exported(site().stack))).toEqual(before);
    const { client } = site().server;
    const left = await Promise.all(
      [
        "/apis/apps/v1/namespaces/services/deployments",
        "/api/v1/namespaces/services/secrets",
        "/apis/batch/v1/namespaces/services/jobs",
      ].map((path) => client.list(path)),
    );
    expect(left.flat().map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
  });

  it("leaves nothing once the protection is off", { timeout: 6 * MINUTE_MS }, async () => {
    expect((await site().stack.pulumi(["state", "unprotect", "--all", "--yes"])).code).toBe(0);
    good(await site().pulumi(DESTROY));
    await expectNothingLeft(site());
  });
});
