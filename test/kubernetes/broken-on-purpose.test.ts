import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Manifest } from "../../policies/rule.ts";
import { runKit } from "../platform/kit-command.ts";
import type { Breakage } from "../unit/policies/breakages.ts";
import { API_SERVER, altered, removedFrom, replaceText } from "../unit/policies/breakages.ts";
import { KAFKA_BREAKAGES } from "../unit/policies/kafka-breakages.ts";
import { readRendered } from "./judges/finding.ts";
import type { ApiObject } from "./servers/api-client.ts";
import { describeAnswer } from "./servers/api-client.ts";
import type { ApiServer } from "./servers/api-server.ts";
import { startApiServer, whyNoApiServer } from "./servers/api-server.ts";

const CONTAINER = "spec.template.spec.containers.0";

/**
 * Breakages without a rule, because the API server rejects them; and pod security, which rules check too: a namespace warns
 * about pods that it would reject. The rest of the table is in test/unit/policies/breakages.ts and kafka-breakages.ts.
 */
const BREAKAGES: readonly Breakage[] = [
  ...KAFKA_BREAKAGES.filter(({ caughtBy }) => caughtBy === API_SERVER),
  ...removedFrom("Deployment", {
    "spec.selector": API_SERVER,
    "spec.template.spec.containers": API_SERVER,
    [`${CONTAINER}.image`]: API_SERVER,
    [`${CONTAINER}.securityContext`]: API_SERVER,
    [`${CONTAINER}.securityContext.allowPrivilegeEscalation`]: API_SERVER,
    [`${CONTAINER}.securityContext.capabilities`]: API_SERVER,
    "spec.template.metadata.labels": API_SERVER,
  }),
  ...removedFrom("Job", {
    [`${CONTAINER}.securityContext`]: API_SERVER,
    "spec.template.spec.restartPolicy": API_SERVER,
  }),
  ...removedFrom("HorizontalPodAutoscaler", { "spec.maxReplicas": API_SERVER, "spec.scaleTargetRef": API_SERVER }),
  ...removedFrom("Ingress", { "spec.rules": API_SERVER }),
  ...removedFrom("ScaledObject", { "spec.triggers": API_SERVER }),
  altered("Deployment", "a process that may be root", API_SERVER, (object) =>
    replaceText(object, /"runAsNonRoot":true/g, '"runAsNonRoot":false'),
  ),
  altered("Deployment", "no filter on system calls", API_SERVER, (object) =>
    replaceText(object, /"seccompProfile":\{"type":"RuntimeDefault"\}/g, '"seccompProfile":{"type":"Unconfined"}'),
  ),
  altered("Deployment", "a folder of the node", API_SERVER, (object) =>
    replaceText(object, /"emptyDir":\{"sizeLimit":"[^"]*"\}/g, '"hostPath":{"path":"/var/run"}'),
  ),
  altered("Deployment", "the node's network", API_SERVER, (object) =>
    replaceText(object, /"enableServiceLinks":false/g, '"enableServiceLinks":false,"hostNetwork":true'),
  ),
  altered("PodDisruptionBudget", "a budget said twice", API_SERVER, (object) =>
    replaceText(object, /"maxUnavailable":1/, '"maxUnavailable":1,"minAvailable":1'),
  ),
  altered("NetworkPolicy", "a direction that there is not", API_SERVER, (object) =>
    replaceText(object, /"policyTypes":\["Ingress"/, '"policyTypes":["Inside"'),
  ),
];

const missing = await whyNoApiServer();

describe.skipIf(missing !== undefined)(
  `what a real API server sees of rendered objects that are broken on purpose${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let server: ApiServer;
    let folder: string;
    let intact: readonly Manifest[];

    /** The server's objections to an object, without storing it. */
    const complaints = async (manifest: Manifest): Promise<readonly string[]> => {
      const answer = await server.client.apply(JSON.parse(JSON.stringify(manifest)) as ApiObject, { dryRun: true });
      return [...(answer.status < 300 ? [] : [describeAnswer(answer)]), ...answer.warnings];
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "kit-broken-"));
      server = await startApiServer();
      const out = join(folder, "prod");
      const { code, stderr } = await runKit(
        { stateDir: join(folder, "state"), portBase: 0 },
        ["render", "prod", "--out", out],
        { timeoutMs: 240_000 },
      );
      expect(code, stderr).toBe(0);
      const objects = (await readRendered(out)).map(({ object }) => object);
      // Namespaces and definitions must exist before the other objects can be checked.
      for (const object of objects.filter(({ kind }) => ["CustomResourceDefinition", "Namespace"].includes(kind))) {
        const answer = await server.client.apply(object);
        expect(answer.status, describeAnswer(answer)).toBeLessThan(300);
      }
      intact = objects.map((object): Manifest => ({ ...object }));
    }, 300_000);
    afterAll(async () => {
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it.each(BREAKAGES.map(({ what, apply }) => [what, apply] as const))("%s", async (_, apply) => {
      const broken = apply(intact);
      const texts = new Set(intact.map((manifest) => JSON.stringify(manifest)));
      const changed = broken.filter((manifest) => !texts.has(JSON.stringify(manifest)));
      const [first] = changed;
      if (first === undefined) throw new Error("Nothing was broken.");
      expect(await complaints(first)).not.toEqual([]);
      // The server objects to the breakage itself.
      const before = intact.find(
        ({ kind, metadata }) =>
          kind === first.kind &&
          metadata?.name === first.metadata?.name &&
          metadata?.namespace === first.metadata?.namespace,
      );
      if (before === undefined) throw new Error("The broken object was not there before.");
      expect(await complaints(before)).toEqual([]);
    });
  },
);
