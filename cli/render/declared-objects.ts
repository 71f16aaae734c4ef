/**
 * The objects that an environment's program declares, without an engine, a cluster or a state. The program runs under the SDK's
 * own test runtime, which captures every Kubernetes object as it is registered.
 */
import * as pulumi from "@pulumi/pulumi";
import { LISTENERS } from "../../components/kafka/strimzi/names.ts";
import type { StackExternals } from "../../components/kubernetes/externals.ts";
import type { Manifest } from "../../components/kubernetes/manifest.ts";
import type { StackSettings } from "../../components/model/stack/stack.ts";
import type { PlatformPlan } from "../../components/plan/types.ts";
import { revealAll } from "../../components/provider/values.ts";
import type { ServiceTemplate } from "../../components/services/template.ts";
import type { Placeholders } from "./placeholders.ts";

/** What to declare. */
export interface DeclarationRequest {
  readonly projectDir: string;
  readonly project: string;
  readonly stack: string;
  readonly settings: StackSettings;
  readonly plan: PlatformPlan;
  /** Teams by service. */
  readonly teams: Readonly<Record<string, string>>;
  readonly templates: readonly ServiceTemplate[];
  readonly placeholders: Placeholders;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly locateStrimziCrds: () => Promise<string>;
}

/** Resources that are objects in the cluster, which excludes the provider itself. */
const OBJECT = /^kubernetes:/;

/**
 * Runs the program and returns its Kubernetes objects, in order of registration.
 * @throws whatever the program throws.
 */
export async function declaredObjects(request: DeclarationRequest): Promise<Manifest[]> {
  const { placeholders } = request;
  const objects: Manifest[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs: marked, id }) {
        // A secret field is marked as a whole; it contains only placeholders.
        const inputs = revealAll(marked);
        if (OBJECT.test(type) && isManifest(inputs)) objects.push(inputs);
        return { id: id ?? name, state: { ...inputs, ...computed(type, name, inputs, placeholders) } };
      },
      call: ({ inputs }) => inputs,
    },
    request.project,
    request.stack,
  );
  const { platform } = await import("../../components/platform.ts");
  await platform({
    ...request,
    externals: placeholderExternals(placeholders),
    locateServers: () => Promise.reject(new Error("An environment on Kubernetes runs no local servers.")),
  });
  await pulumi.runtime.disconnect();
  return objects;
}

function placeholderExternals(placeholders: Placeholders): StackExternals {
  return {
    secret: (key) => pulumi.secret(placeholders.of(key)),
    file: (path) => pulumi.output(placeholders.of(fileKey(path))),
  };
}

function fileKey(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9.-]+/g, "-");
}

/** The engine's values of a resource after its creation. */
function computed(
  type: string,
  name: string,
  inputs: Record<string, unknown>,
  placeholders: Placeholders,
): Record<string, unknown> {
  switch (type) {
    case "kit:index:Password":
      return { value: placeholders.of(`${name}-password`) };
    case "kit:index:Certificate": {
      const certificate = placeholders.of(`${name}-certificate`);
      return {
        certificatePem: certificate,
        chainPem: certificate,
        privateKeyPem: placeholders.of(`${name}-key`),
        publicJwk: placeholders.of(`${name}-jwk`),
      };
    }
    case "kit:index:KafkaRollout":
      return { listeners: listenersOf(String(inputs.cluster), String(inputs.namespace), placeholders) };
    default:
      return {};
  }
}

/** Inside the cluster the brokers' addresses follow from names; the operator makes their authority. */
function listenersOf(cluster: string, namespace: string, placeholders: Placeholders): readonly unknown[] {
  const certificates = [placeholders.of(`${cluster}-cluster-authority`)];
  return [LISTENERS.services, LISTENERS.admin].map((listener) => ({
    name: listener.name,
    bootstrapServers: `${cluster}-kafka-bootstrap.${namespace}.svc:${listener.port}`,
    certificates,
  }));
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && "apiVersion" in value && "kind" in value && "metadata" in value;
}
