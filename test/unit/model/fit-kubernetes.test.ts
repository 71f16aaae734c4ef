import { describe, expect, it } from "vitest";
import { checkFit } from "../../../components/model/fit/fit.ts";
import { loadModel } from "../../../components/model/load.ts";
import { expectRead } from "../../../components/model/read.ts";
import { parseStackSettings } from "../../../components/model/stack/parse-stack.ts";
import { MOST_OF_A_SERVICE, workloadSettings } from "../../../components/model/stack/stack-workload.ts";
import { servicesNamespace } from "../../../components/services/kubernetes/namespace.ts";
import { serviceResources } from "../../../components/services/kubernetes/resources.ts";
import { PROJECT_DIR } from "../../platform/kit-command.ts";
import { stackSettings, type Written, written } from "../kubernetes/strimzi-input.ts";

const { model } = expectRead(await loadModel(PROJECT_DIR, "prod"));
/** What the sample's topics want of an environment. */
const claimCheckStore = { endpoint: "https://s3.example.com", bucket: "claim-checks", cidrs: ["10.0.0.0/8"] };
const images = { registry: "registry.example.com" };
const digest = `sha256:${"0".repeat(64)}`;
const problemsOf = (workloads: Written, stack: Written = {}): string[] =>
  checkFit(model, stackSettings({ claimCheckStore, workloads: { images, ...workloads } }, stack)).map(
    ({ rule, message, fix }) => `${rule}: ${message}: ${fix ?? ""}`,
  );

describe("what a stack sets for services on Kubernetes", () => {
  it.each<[what: string, workloads: Written, stack: Written, problem: RegExp]>([
    [
      "a service that is nowhere",
      { services: { "paymnt-service": {} } },
      {},
      /^unknown-service: .*"paymnt-service": did you mean "payment-service"\?$/,
    ],
    [
      "a digest for a service that is nowhere",
      { images: { ...images, digests: { "order-servce": digest } } },
      {},
      /^unknown-service: .*"order-servce": did you mean "order-service"\?$/,
    ],
    [
      "more pods than partitions",
      {},
      { services: { "order-service": { replicas: 60 } } },
      /^too-many-instances: services\.order-service\.replicas is 60, .*at most 30 partitions.*: lower it to 30/,
    ],
    [
      "more than this environment's partitions",
      {},
      { services: { "order-service": { replicas: 12 } }, topics: { partitionFactor: 0.1 } },
      /^too-many-instances: .*at most 3 partitions/,
    ],
    [
      "an autoscaler beyond them",
      { services: { "order-service": { autoscaling: { maxReplicas: 40 } } } },
      {},
      /^too-many-instances: kubernetes\.workloads\.services\.order-service\.autoscaling\.maxReplicas is 40/,
    ],
    [
      "an autoscaler below the replicas",
      { services: { "order-service": { autoscaling: { maxReplicas: 5 } } } },
      { services: { "order-service": { replicas: 6 } } },
      /^invalid-value: .*maxReplicas is 5, below the 6 replicas/,
    ],
  ])("is refused with %s", (_what, workloads, stack, problem) => {
    expect(problemsOf(workloads, stack)).toEqual([expect.stringMatching(problem)]);
  });

  it.each<[what: string, changes: Written, protect: boolean, refused: boolean]>([
    ["kept by nodes as latest", { pullPolicy: "IfNotPresent" }, true, true],
    ["never fetched, as latest", { pullPolicy: "Never" }, true, true],
    ["kept, where nothing is protected", { pullPolicy: "IfNotPresent" }, false, false],
    ["fetched each time", { pullPolicy: "Always" }, true, false],
    ["kept under the tag of a version", { pullPolicy: "IfNotPresent", tag: "1.4.2" }, true, false],
    ["kept by digest, one of them", { pullPolicy: "IfNotPresent", digests: { "order-service": digest } }, true, true],
    ["fetched as Kubernetes would by itself", {}, true, false],
  ])("names images that are %s", (_what, changes, protect, refused) => {
    const problems = checkFit(
      model,
      stackSettings({ claimCheckStore, protect, workloads: { images: { ...images, ...changes } } }),
    ).map(({ rule, message }) => `${rule}: ${message}`);
    expect(problems).toEqual(
      refused
        ? [
            expect.stringMatching(
              /^unsafe-image: kubernetes\.workloads\.images\.pullPolicy is (IfNotPresent|Never) and the tag latest, .*without a digest are analytics-service, api-gateway, /,
            ),
          ]
        : [],
    );
  });

  it("may use every partition", () => {
    expect(
      problemsOf(
        {
          services: { "order-service": { autoscaling: { maxReplicas: 30 } } },
          images: { ...images, digests: { "api-gateway": digest } },
        },
        { services: { "order-service": { replicas: 30 } } },
      ),
    ).toEqual([]);
  });

  it.each(["10.300.0.0/24", "10.0.0.0/64", "fe80::/129", "10.0.0/8"])(
    "names ranges of addresses, and %s is none",
    (range) => {
      const reading = parseStackSettings(written({ apiServers: [range] }));
      expect(reading.ok ? [] : reading.problems.map(({ message }) => message)).toEqual([
        expect.stringContaining(range),
      ]);
    },
  );

  it.each(["KAFKA_BROKERS", "HTTP_PORT", "ORDER_SERVICE_URL"])(
    "leaves the platform's variables alone: %s",
    (variable) => {
      const reading = parseStackSettings(
        written({}, { services: { "order-service": { env: { [variable]: "x", FEATURE: "on", HTTP_PROXY: "x" } } } }),
      );
      expect(reading.ok ? [] : reading.problems.map(({ message }) => message)).toEqual([
        `services.order-service.env sets ${variable}, which the platform sets`,
      ]);
    },
  );

  it("asks for no more than its namespace admits", () => {
    const most = { cpu: `${MOST_OF_A_SERVICE.milliCpu}m`, memory: `${MOST_OF_A_SERVICE.mebibytes}Mi` };
    expect(workloadSettings.safeParse({ images, services: { "order-service": { resources: most } } }).success).toBe(
      true,
    );
    expect(
      workloadSettings.safeParse({
        images,
        services: { "order-service": { resources: { memory: `${MOST_OF_A_SERVICE.mebibytes + 1}Mi` } } },
      }).success,
    ).toBe(false);
    expect(
      workloadSettings.safeParse({
        images,
        services: { "order-service": { resources: { cpu: `${MOST_OF_A_SERVICE.milliCpu + 1}m` } } },
      }).success,
    ).toBe(false);
    expect(serviceResources(most).limits).toMatchObject({ cpu: "8000m", memory: "8192Mi" });
    expect(servicesNamespace("services", "dev").find(({ kind }) => kind === "LimitRange")).toMatchObject({
      spec: { limits: [{ max: { cpu: "8", memory: "8Gi" } }] },
    });
  });
});
