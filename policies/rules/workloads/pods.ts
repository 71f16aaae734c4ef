import * as z from "zod";
import type { Breach, Rule } from "../../rule.ts";
import { rule, ruleWith } from "../../rule.ts";
import type { Container } from "../../workloads/pods.ts";
import { containersOf, workloadOf } from "../../workloads/pods.ts";
import { breachesWhere, podYaml } from "../../workloads/text.ts";

const STANDARD = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";

/** Rules on the rights of a pod on its node. */
export const workloadPodRules: readonly Rule[] = [
  ruleWith({
    id: "workload-pod-security",
    subject: "workloads",
    level: "error",
    summary: 'Pods keep to the pod security standard "restricted", under a user that is nobody\'s on the node.',
    rationale: `A compromised process must not get out of its container: no root, no additional rights, the default filter for system calls (${STANDARD}).`,
    parameters: z.strictObject({ lowestUser: z.int().min(1).default(10_000) }),
    wrong: { manifest: podYaml({ container: "securityContext: {privileged: true}" }) },
    right: { manifest: podYaml({}) },
    checks: ({ lowestUser }) => ({
      manifest(manifest) {
        const workload = workloadOf(manifest);
        if (workload === undefined) return undefined;
        const { spec } = workload.template;
        const pod = spec.securityContext;
        const shared = ["hostNetwork", "hostPID", "hostIPC"] as const;
        return breachesWhere([
          ...shared.map(
            (field) => [spec[field] === true, `${field} shares the node with the pod`, `remove ${field}`] as const,
          ),
          ...spec.volumes.map(
            (volume) =>
              [
                volume.hostPath !== undefined,
                `volume ${volume.name} is a directory of the node`,
                "use a persistentVolumeClaim or an emptyDir",
              ] as const,
          ),
          ...containersOf(workload).flatMap((container) => {
            const own = container.securityContext;
            const user = own?.runAsUser ?? pod?.runAsUser;
            const seccomp = own?.seccompProfile?.type ?? pod?.seccompProfile?.type;
            const of = `container ${container.name}`;
            return [
              [(own?.runAsNonRoot ?? pod?.runAsNonRoot) !== true, `${of} may run as root`, "set runAsNonRoot: true"],
              [
                user === undefined || user < lowestUser,
                `${of} runs as user ${user ?? "of its image"}; users below ${lowestUser} may exist on the node`,
                `set runAsUser to ${lowestUser + 1}`,
              ],
              [
                seccomp !== "RuntimeDefault" && seccomp !== "Localhost",
                `${of} has no filter on system calls`,
                "set seccompProfile: {type: RuntimeDefault}",
              ],
              [own?.privileged === true, `${of} is privileged`, "remove privileged"],
              [
                own?.allowPrivilegeEscalation !== false,
                `${of} may gain more rights than it started with`,
                "set allowPrivilegeEscalation: false",
              ],
              [
                own?.capabilities?.drop.includes("ALL") !== true,
                `${of} keeps capabilities`,
                "set capabilities: {drop: [ALL]}",
              ],
              [
                (own?.capabilities?.add ?? []).some((added) => added !== "NET_BIND_SERVICE"),
                `${of} adds capabilities ${own?.capabilities?.add.join(", ")}`,
                "remove capabilities.add",
              ],
              ...container.ports.map(
                ({ hostPort }) =>
                  [
                    hostPort !== undefined,
                    `${of} takes port ${hostPort} of the node`,
                    "remove hostPort; a Service gives an address",
                  ] as const,
              ),
            ] as const;
          }),
        ]);
      },
    }),
  }),
  rule({
    id: "workload-read-only-root",
    subject: "workloads",
    level: "error",
    summary: "A container's root file system is read-only, and its temporary folders have a size limit.",
    rationale: "An intruder cannot replace read-only files; a temporary folder without a limit fills the node's disk.",
    wrong: { manifest: podYaml({ container: "securityContext: {readOnlyRootFilesystem: false}" }) },
    right: { manifest: podYaml({}) },
    checks: () => ({
      manifest(manifest) {
        const workload = workloadOf(manifest);
        if (workload === undefined) return undefined;
        return breachesWhere([
          ...containersOf(workload).map(
            (container) =>
              [
                container.securityContext?.readOnlyRootFilesystem !== true,
                `container ${container.name} can write to its root file system`,
                "set readOnlyRootFilesystem: true and mount an emptyDir where it must write",
              ] as const,
          ),
          ...workload.template.spec.volumes.map(
            ({ name, emptyDir }) =>
              [
                emptyDir !== undefined && emptyDir.sizeLimit === undefined,
                `volume ${name} has no size limit`,
                "set emptyDir.sizeLimit",
              ] as const,
          ),
        ]);
      },
    }),
  }),
  rule({
    id: "workload-service-account",
    subject: "workloads",
    level: "error",
    summary: "Each workload's pods have their own service account and no mounted token.",
    rationale:
      'A token in a pod that does not talk to Kubernetes is of use to intruders alone, and the account "default" has whatever rights anybody ever gave it.',
    wrong: { manifest: podYaml({ pod: "serviceAccountName: default" }) },
    right: { manifest: podYaml({}) },
    checks: () => ({
      manifest(manifest) {
        const workload = workloadOf(manifest);
        if (workload === undefined) return undefined;
        const { serviceAccountName, automountServiceAccountToken } = workload.template.spec;
        return breachesWhere([
          [
            serviceAccountName === undefined || serviceAccountName === "default",
            'pods run under the account "default"',
            `set serviceAccountName: ${workload.name}`,
          ],
          [
            automountServiceAccountToken !== false,
            "the pods mount their service account's token",
            "set automountServiceAccountToken: false",
          ],
        ]);
      },
    }),
  }),
  rule({
    id: "workload-resources",
    subject: "workloads",
    level: "error",
    summary: "Containers have requests and limits for CPU, memory and ephemeral storage.",
    rationale:
      "Without requests, the scheduler overloads nodes; without limits, one leak affects all pods of the node.",
    wrong: { manifest: podYaml({ resources: "{requests: {cpu: 250m, memory: 192Mi}}" }) },
    right: { manifest: podYaml({}) },
    checks: () => ({
      manifest(manifest) {
        const workload = workloadOf(manifest);
        return workload === undefined ? undefined : containersOf(workload).flatMap(missingResources);
      },
    }),
  }),
];

function missingResources({ name, resources }: Container): Breach[] {
  return (["requests", "limits"] as const).flatMap((which) => {
    const missing = ["cpu", "memory", "ephemeral-storage"].filter(
      (resource) => resources?.[which]?.[resource] === undefined,
    );
    return missing.length === 0
      ? []
      : [
          {
            message: `container ${name} has no ${which} of ${missing.join(", ")}`,
            fix: `add resources.${which}: {${missing.map((resource) => `${resource}: …`).join(", ")}}`,
          },
        ];
  });
}
