import * as z from "zod";
import type { Rule } from "../../rule.ts";
import { rule, ruleWith } from "../../rule.ts";
import { containersOf, fieldOf, workloadOf } from "../../workloads/pods.ts";
import { breachesWhere, podYaml } from "../../workloads/text.ts";

/** Names of variables and keys with secrets. A name that ends in `_FILE` is a path. */
const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_?KEY|API_?KEY|CREDENTIALS?)(?!.*(_FILE|_PATH|_URL|_DIR)$)/i;
/** Values that are secrets whatever their name: private keys, credentials in a URL, tokens. */
const SECRET_CONTENT =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^/\s:@]+:[^/\s@]+@|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|"d"\s*:\s*"[\w-]{20,}"/;

/** Rules on where secrets are stored. */
export const workloadSecretRules: readonly Rule[] = [
  rule({
    id: "workload-plain-secret",
    subject: "workloads",
    level: "error",
    summary: "A process gets secrets only as files of a Secret, never as variables, as arguments or in a ConfigMap.",
    rationale:
      "Variables and arguments are inherited, logged and shown by many tools; every user who may list ConfigMaps can read one.",
    wrong: { manifest: podYaml({ env: "[{name: DATABASE_PASSWORD, value: hunter2}]" }) },
    right: {
      manifest: podYaml({ env: "[{name: DATABASE_PASSWORD_FILE, value: /etc/service/secrets/database-password}]" }),
    },
    checks: () => ({
      manifest(manifest) {
        if (manifest.kind === "ConfigMap") return configMapBreaches(manifest.data);
        const workload = workloadOf(manifest);
        if (workload === undefined) return undefined;
        return containersOf(workload).flatMap((container) => {
          const of = `container ${container.name}`;
          const asFile = "mount it as a file and give the file's path in a variable …_FILE";
          return breachesWhere([
            ...container.env.flatMap(({ name = "", value = "", valueFrom }) => [
              [
                value !== "" && (SECRET_NAME.test(name) || SECRET_CONTENT.test(value)),
                `${of} gets ${name} as a plain variable`,
                asFile,
              ] as const,
              [valueFrom?.secretKeyRef !== undefined, `${of} gets the secret ${name} as a variable`, asFile] as const,
            ]),
            [
              container.envFrom.some(({ secretRef }) => secretRef !== undefined),
              `${of} gets a whole Secret as variables`,
              asFile,
            ],
            ...[...container.command, ...container.args].map(
              (argument) =>
                [
                  SECRET_CONTENT.test(argument) || /--[\w-]*(password|secret|token)[\w-]*=./i.test(argument),
                  `${of} gets a secret as an argument`,
                  asFile,
                ] as const,
            ),
          ]);
        });
      },
    }),
  }),
  ruleWith({
    id: "workload-secret-mode",
    subject: "workloads",
    level: "error",
    summary: "Only the process can read the files of a Secret.",
    rationale: "With the default mode 0644, every user of the container can read them.",
    parameters: z.strictObject({ mode: z.int().default(0o440) }),
    wrong: { manifest: podYaml({}).replace(", defaultMode: 256", "") },
    right: { manifest: podYaml({}) },
    checks: ({ mode }) => ({
      manifest(manifest) {
        const volumes = workloadOf(manifest)?.template.spec.volumes;
        return volumes?.flatMap(({ name, secret }) =>
          // Every bit beyond the allowed ones.
          breachesWhere([
            [
              secret !== undefined && ((secret.defaultMode ?? 0o644) & ~mode) !== 0,
              `volume ${name} has mode ${(secret?.defaultMode ?? 0o644).toString(8)}`,
              "set defaultMode: 0400 (256)",
            ],
          ]),
        );
      },
    }),
  }),
];

function configMapBreaches(data: unknown) {
  if (typeof data !== "object" || data === null) return [];
  return Object.keys(data).flatMap((key) => {
    const value = fieldOf(data, key);
    const secret =
      typeof value === "string" &&
      (SECRET_CONTENT.test(value) || (SECRET_NAME.test(key.replaceAll("-", "_")) && value !== ""));
    return breachesWhere([[secret, `${key} contains a secret in a ConfigMap`, "put it into a Secret"]]);
  });
}
