import { describe, expect, it } from "vitest";
import { STRIMZI_VERSION } from "../../../components/kafka/strimzi/names.ts";
import { brokerRole, OPERATOR_NAME, operatorManifests } from "../../../components/kafka/strimzi/operator.ts";
import type { Manifest } from "../../../components/kubernetes/manifest.ts";
import { kubernetesOf } from "./strimzi-input.ts";
import { LEFT_OUT, PUBLISHED_ROLES, RIGHTS_OF_VERSION } from "./strimzi-rights.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const NAMESPACE = "kafka";
const { dns, apiServers, apiServerPorts } = kubernetesOf();
const manifests = [
  brokerRole(),
  ...operatorManifests({
    pods: {},
    namespace: NAMESPACE,
    cluster: "kafka",
    image: undefined,
    kafkaImages: undefined,
    apiServers,
    apiServerPorts,
    dns,
    metricsReaders: [],
  }),
];
const GROUP = "rbac.authorization.k8s.io";

/** One right as a line: `cluster core nodes: list`. */
const right = (scope: string, group: string, resource: string, name: string | undefined, verb: string): string =>
  `${scope} ${group === "" ? "core" : group} ${resource}${name === undefined ? "" : `[${name}]`}: ${verb}`;

const resourceOf = (line: string): string =>
  line
    .split(" ")
    .slice(1)
    .join(" ")
    .replace(/(\[.*\])?: .*$/, "");

/** Rights of the operator's account: the rules of every role that a binding gives it. */
function given(): ReadonlySet<string> {
  const lines = manifests
    .filter(({ kind }) => kind.endsWith("Binding"))
    .flatMap((binding) => {
      const { roleRef, subjects } = binding as Manifest & {
        readonly roleRef: { readonly kind: string; readonly name: string };
        readonly subjects: readonly { readonly name: string; readonly namespace: string }[];
      };
      if (!subjects.some(({ name, namespace }) => name === OPERATOR_NAME && namespace === NAMESPACE)) return [];
      const role = manifests.find(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name) as
        | (Manifest & { readonly rules: readonly Rule[] })
        | undefined;
      expect(role, `${roleRef.kind} ${roleRef.name}`).toBeDefined();
      const scope = binding.kind === "ClusterRoleBinding" ? "cluster" : "namespace";
      return (role?.rules ?? []).flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            (resourceNames ?? [undefined]).flatMap((name) =>
              verbs.map((verb) => right(scope, group, resource, name, verb)),
            ),
          ),
        ),
      );
    });
  return new Set(lines);
}

/** Rights in Strimzi's own installation. */
function published(): ReadonlySet<string> {
  return new Set(
    Object.values(PUBLISHED_ROLES).flatMap(({ scope, rules }) =>
      rules.flatMap(({ apiGroup, resources, names, verbs }) =>
        resources.flatMap((resource) =>
          (names ?? [undefined]).flatMap((name) => verbs.map((verb) => right(scope, apiGroup, resource, name, verb))),
        ),
      ),
    ),
  );
}

describe("the operator's rights", () => {
  const kit = given();
  const strimzi = published();
  const reasons = new Map(
    LEFT_OUT.map(({ apiGroup, resource, reason }) => [`${apiGroup === "" ? "core" : apiGroup} ${resource}`, reason]),
  );

  it("are compared with those of the release that is installed", () => {
    expect(RIGHTS_OF_VERSION).toBe(STRIMZI_VERSION);
  });

  it("are all those that Strimzi publishes, but for those with a reason", () => {
    const missing = [...strimzi].filter((line) => !kit.has(line) && !reasons.has(resourceOf(line)));
    expect(missing).toEqual([]);
  });

  it("are no others", () => {
    expect([...kit].filter((line) => !strimzi.has(line))).toEqual([]);
  });

  it("leave nothing out by a reason that is no longer true", () => {
    const missing = new Set([...strimzi].filter((line) => !kit.has(line)).map(resourceOf));
    expect([...reasons.keys()].filter((resource) => !missing.has(resource))).toEqual([]);
  });

  it("come from roles by the names that the operator itself uses: it binds the brokers' role by its name", () => {
    expect(
      manifests
        .filter(({ kind, apiVersion }) => kind === "ClusterRole" && apiVersion.startsWith(GROUP))
        .map(({ metadata }) => metadata.name),
    ).toContain("strimzi-kafka-broker");
  });
});
