import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runKit } from "../platform/kit-command.ts";
import { findCheckov } from "../toolchain/checkov.ts";
import { findKubernetesPart, locateApiDescription } from "../toolchain/kubernetes-parts.ts";
import { judgeByCheckov } from "./judges/checkov.ts";
import { EXCEPTIONS } from "./judges/exceptions.ts";
import type { Finding, JudgeName, RenderedObject } from "./judges/finding.ts";
import { describeFindings, readRendered, weigh } from "./judges/finding.ts";
import { judgeByKubeconform } from "./judges/kubeconform.ts";
import { judgeByMonokle } from "./judges/monokle.ts";
import { judgeByPolicies } from "./judges/policies.ts";
import { writeSchemas } from "./judges/schemas.ts";
import { allCrdFolders } from "./servers/crds.ts";

const STACKS = ["dev", "staging", "prod"] as const;

const kubeconform = await findKubernetesPart("kubeconform");
const checkov = await findCheckov();
const apiDescription = kubeconform === undefined ? undefined : await locateApiDescription();

describe("rendered objects before their judges", () => {
  let folder: string;
  const rendered = new Map<string, readonly RenderedObject[]>();
  const findings: Finding[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kit-judged-"));
    for (const stack of STACKS) {
      const out = join(folder, stack);
      const { code, stderr } = await runKit(
        { stateDir: join(folder, "state"), portBase: 0 },
        ["render", stack, "--out", out],
        { timeoutMs: 240_000 },
      );
      expect(code, stderr).toBe(0);
      rendered.set(stack, await readRendered(out));
    }
  }, 600_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const objectsOf = (stack: string): readonly RenderedObject[] => {
    const objects = rendered.get(stack) ?? [];
    expect(objects.length).toBeGreaterThan(90);
    return objects;
  };
  const expectNoneOpen = (judged: readonly Finding[]): void => {
    findings.push(...judged);
    expect(describeFindings(weigh(judged, EXCEPTIONS).open)).toEqual([]);
  };

  describe.skipIf(kubeconform === undefined || apiDescription === undefined)(
    `kubeconform, strict${kubeconform === undefined ? " (skipped: kubeconform is not built: npx kit doctor --fix --kubernetes)" : ""}`,
    () => {
      beforeAll(async () => {
        await writeSchemas(join(folder, "schemas"), apiDescription ?? "", await allCrdFolders());
      }, 300_000);

      it.each(STACKS)("has nothing against %s", async (stack) => {
        expectNoneOpen(await judgeByKubeconform(kubeconform ?? "", join(folder, "schemas"), objectsOf(stack)));
      });

      it("would find a misspelt field, a wrong type and an unknown kind", async () => {
        const [deployment] = objectsOf("prod").filter(({ object }) => object.kind === "Deployment");
        if (deployment === undefined) throw new Error("No Deployment was rendered.");
        const broken = await Promise.all(
          [
            [
              "field",
              deployment.text
                .replace("  replicas:", "  replicsa:")
                .replace("  selector:", "  minReadySecond: 1\n  selector:"),
            ],
            ["type", deployment.text.replace(/containerPort: \d+/, "containerPort: many")],
            ["kind", deployment.text.replace("kind: Deployment", "kind: Deploymint")],
          ].map(async ([name = "", text = ""]) => {
            const file = join(folder, `${name}.yaml`);
            await writeFile(file, text);
            return { ...deployment, file, text };
          }),
        );
        const judged = await judgeByKubeconform(kubeconform ?? "", join(folder, "schemas"), broken);
        expect(judged.map(({ rule }) => rule).sort()).toEqual(["schema", "schema", "schema-missing"]);
      });
    },
  );

  describe("the rules of this project on workloads", () => {
    it.each(STACKS)("have nothing against %s", async (stack) => {
      expectNoneOpen(await judgeByPolicies(stack, join(folder, stack), objectsOf(stack)));
    });
  });

  describe("Monokle with the restricted profile's rules on", () => {
    it.each(STACKS)("has nothing against %s", async (stack) => {
      expectNoneOpen(await judgeByMonokle(objectsOf(stack)));
    });

    it.each([
      ["PSS202", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"],
      ["PSS203", "runAsNonRoot: true", "runAsNonRoot: false"],
      ["PSS205", "type: RuntimeDefault", "type: Unconfined"],
      ["KBP102", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"],
    ])("would find %s", async (rule, from, to) => {
      const broken = objectsOf("prod")
        .filter(({ object }) => object.kind === "Deployment")
        .map((each) => {
          const text = each.text.replaceAll(from, to);
          return {
            ...each,
            text,
            object: JSON.parse(
              JSON.stringify(each.object).replaceAll(jsonOf(from), jsonOf(to)),
            ) as RenderedObject["object"],
          };
        });
      expect((await judgeByMonokle(broken)).map((finding) => finding.rule)).toContain(rule);
    });
  });

  describe.skipIf(checkov === undefined)(
    `checkov${checkov === undefined ? " (skipped: it is not installed, or there is no Python: npx kit doctor --fix --kubernetes)" : ""}`,
    () => {
      const judge = async (objects: readonly RenderedObject[]): Promise<readonly Finding[]> => {
        if (checkov === undefined) throw new Error("checkov is not installed.");
        return await judgeByCheckov(checkov, objects);
      };

      it.each(STACKS)("has nothing against %s", async (stack) => {
        expectNoneOpen(await judge(objectsOf(stack)));
      });

      it.each([
        ["CKV_K8S_20", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"],
        ["CKV_K8S_22", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"],
        ["CKV_K8S_38", "automountServiceAccountToken: false", "automountServiceAccountToken: true"],
        ["CKV_K8S_8", "livenessProbe:", "livenessPrope:"],
      ])("would find %s", async (rule, from, to) => {
        const [deployment] = objectsOf("prod").filter(
          ({ object }) => object.kind === "Deployment" && object.metadata.namespace === "services",
        );
        if (deployment === undefined) throw new Error("No Deployment was rendered.");
        expect(deployment.text).toContain(from);
        const file = join(folder, `${rule}.yaml`);
        await writeFile(file, deployment.text.replaceAll(from, to));
        expect((await judge([{ ...deployment, file }])).map((finding) => finding.rule)).toContain(rule);
      });
    },
  );

  it("needs every exception", () => {
    const asked = new Set<JudgeName>(findings.map(({ judge }) => judge));
    expect(
      weigh(
        findings,
        EXCEPTIONS.filter(({ judge }) => asked.has(judge)),
      ).unused,
    ).toEqual([]);
  });
});

/** `key: value` of YAML as JSON writes it. */
function jsonOf(pair: string): string {
  const [key = "", value = ""] = pair.split(": ");
  return `"${key}":${value === "true" || value === "false" ? value : JSON.stringify(value)}`;
}
