import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { expectRead } from "../../../components/model/read.ts";
import { stackFilePath } from "../../../components/model/source-file.ts";
import { isKubernetes } from "../../../components/model/stack/kubernetes-stack.ts";
import { readStackFile } from "../../../components/model/stack/stack-file.ts";
import { freePorts } from "../../../toolchain/training/loopback-port.ts";
import { PROJECT_DIR } from "../../platform/kit-command.ts";
import { CRD_MODULES, locateModuleCrds } from "../../toolchain/module-crds.ts";
import { openPlatformStack, type PlatformStack, type Run, type Setting } from "../platform-stack.ts";
import { type ApiServer, startApiServer, whyNoApiServer } from "../servers/api-server.ts";
import type { PlayedPart } from "../servers/played-part.ts";
import { leftOfServices, type SecurePostgres } from "../servers/secure-postgres.ts";
import { expectDestroyed } from "../stack-state.ts";
import { NEEDS } from "./needs.ts";

/** Milliseconds of a minute, for the limits of tests. */
export const MINUTE_MS = 60_000;
const DECLARED_LIMIT_MS = 5 * MINUTE_MS;

/** A shipped stack on its own API server, with all its operators and external servers, real or simulated. */
export interface PlatformSite {
  readonly server: ApiServer;
  readonly stack: PlatformStack;
  readonly registryUrl: string;
  readonly parts: readonly PlayedPart[];
  /** The server outside the cluster, if the stack has one. */
  readonly postgres: SecurePostgres | undefined;
  /** Every run of the engine so far. */
  readonly runs: readonly Run[];
  pulumi(args: readonly string[]): Promise<Run>;
  close(): Promise<void>;
}

const why = await whyNoApiServer({ controllers: true });

/**
 * Tests of a shipped stack, through the plain CLI, on a real API server.
 * @param changes - Settings that differ from the shipped ones from the beginning.
 */
export function describePlatform(
  name: string,
  changes: readonly Setting[],
  tests: (site: () => PlatformSite) => void,
): void {
  describe.skipIf(why !== undefined)(
    `the stack ${name} on a real API server${why === undefined ? "" : ` (skipped: ${why})`}`,
    () => {
      let site: PlatformSite | undefined;
      beforeAll(async () => {
        site = await openSite(name, changes);
      });
      afterAll(() => site?.close());
      tests(() => {
        if (site === undefined) throw new Error(`The stack ${name} was not opened.`);
        return site;
      });
    },
  );
}

async function openSite(name: string, changes: readonly Setting[]): Promise<PlatformSite> {
  const ends: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    const file = stackFilePath(name);
    const settings = expectRead(readStackFile({ path: file, text: await readFile(join(PROJECT_DIR, file), "utf8") }));
    if (!isKubernetes(settings)) throw new Error(`The stack ${name} does not run on Kubernetes.`);
    // The program installs Strimzi's own definitions.
    const crds = await Promise.all(CRD_MODULES.map((module) => locateModuleCrds(module)));
    const server = await startApiServer({ controllers: true, crds });
    ends.push(() => server.stop());
    const stack = await openPlatformStack(name, { KUBECONFIG: server.kubeconfig });
    ends.push(() => stack.remove());
    const [registry = 0, postgres = 0] = await freePorts(2);
    await stack.set([["kubernetes", "context"], "test"], ...changes);
    const parts: PlayedPart[] = [];
    let outside: SecurePostgres | undefined;
    for (const need of NEEDS.filter(({ asked }) => asked(settings.kubernetes))) {
      const met = await need.meet({ server, stack, ports: { registry, postgres }, declaredLimitMs: DECLARED_LIMIT_MS });
      if (met.postgres !== undefined) ends.push(met.postgres.stop);
      if (met.part !== undefined) {
        ends.push(met.part.stop);
        parts.push(met.part);
      }
      outside ??= met.postgres;
    }
    const runs: Run[] = [];
    return {
      server,
      stack,
      parts,
      runs,
      close,
      registryUrl: `http://127.0.0.1:${registry}`,
      postgres: outside,
      async pulumi(args) {
        const run = await stack.pulumi(args);
        runs.push(run);
        return run;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Asserts that a destroyed stack has left nothing in the state, in the cluster, or on an external server. */
export async function expectNothingLeft({ server, stack, postgres }: PlatformSite): Promise<void> {
  await expectDestroyed(server.client, stack);
  if (postgres !== undefined) expect(await leftOfServices(postgres)).toEqual([]);
}
