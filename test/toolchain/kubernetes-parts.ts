import { join } from "node:path";

import { findGo, type GoBuild, moduleFolder } from "../../toolchain/making/go.ts";
import { findGoArtefact, type GoArtefact, makeGoArtefact } from "../../toolchain/making/go-artefact.ts";
import { TEST_MINIMUM, TEST_PINNED } from "./versions.ts";
import { wrapperOf } from "./wrapper.ts";

/**
 * The parts of a Kubernetes cluster that tests start as processes. None is installed or downloaded: each is built from
 * its Go module, when something asks for it.
 */
export type KubernetesPart =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubelet"
  | "kube-proxy"
  | "kwok"
  | "coredns"
  | "cni-plugins"
  | "pause"
  | "kubeconform";

/** One of Kubernetes' own binaries, which states the pinned version of itself. */
function ofKubernetes(name: string): GoArtefact {
  const [major, minor] = TEST_PINNED.kubernetes.split(".");
  const version = "k8s.io/component-base/version";
  return artefact(name, TEST_PINNED.kubernetes, {
    [name]: {
      wrapper: wrapperOf("kubernetes"),
      package: `k8s.io/kubernetes/cmd/${name}`,
      variables: {
        [`${version}.gitVersion`]: `v${TEST_PINNED.kubernetes}`,
        [`${version}.gitMajor`]: major ?? "",
        [`${version}.gitMinor`]: minor ?? "",
      },
    },
  });
}

function artefact(name: string, version: string, binaries: Record<string, GoBuild>): GoArtefact {
  return { name, version, binaries, minimumGo: TEST_MINIMUM.go };
}

const cniPlugin = (path: string): GoBuild => ({
  wrapper: wrapperOf("cni-plugins"),
  package: `github.com/containernetworking/plugins/plugins/${path}`,
});

const ARTEFACTS: Record<KubernetesPart, GoArtefact> = {
  etcd: artefact("etcd", TEST_PINNED.etcd, { etcd: { wrapper: wrapperOf("etcd"), package: "." } }),
  "kube-apiserver": ofKubernetes("kube-apiserver"),
  "kube-controller-manager": ofKubernetes("kube-controller-manager"),
  "kube-scheduler": ofKubernetes("kube-scheduler"),
  kubelet: ofKubernetes("kubelet"),
  "kube-proxy": ofKubernetes("kube-proxy"),
  kwok: artefact("kwok", TEST_PINNED.kwok, {
    kwok: { wrapper: wrapperOf("kwok"), package: "sigs.k8s.io/kwok/cmd/kwok" },
  }),
  coredns: artefact("coredns", TEST_PINNED.coredns, {
    coredns: { wrapper: wrapperOf("coredns"), package: "github.com/coredns/coredns" },
  }),
  "cni-plugins": artefact("cni-plugins", TEST_PINNED.cniPlugins, {
    bridge: cniPlugin("main/bridge"),
    loopback: cniPlugin("main/loopback"),
    "host-local": cniPlugin("ipam/host-local"),
    portmap: cniPlugin("meta/portmap"),
  }),
  pause: artefact("pause", "1.0.0", { pause: { wrapper: wrapperOf("pause"), package: "." } }),
  kubeconform: artefact("kubeconform", TEST_PINNED.kubeconform, {
    kubeconform: { wrapper: wrapperOf("kubeconform"), package: "github.com/yannh/kubeconform/cmd/kubeconform" },
  }),
};

/** Every part, in the order in which they are built: what most tests need comes first. */
export const KUBERNETES_PARTS: readonly KubernetesPart[] = [
  "etcd",
  "kube-apiserver",
  "kwok",
  "kube-controller-manager",
  "kube-scheduler",
  "kubeconform",
  "pause",
  "cni-plugins",
  "kubelet",
  "kube-proxy",
  "coredns",
];

/** The pinned version of a part. */
export function kubernetesPartVersion(part: KubernetesPart): string {
  return ARTEFACTS[part].version;
}

/** Where a part is: its binary, for the CNI plugins their folder; undefined when it is not built. Never builds. */
export async function findKubernetesPart(part: KubernetesPart): Promise<string | undefined> {
  const folder = await findGoArtefact(ARTEFACTS[part]);
  return folder === undefined ? undefined : placeOf(part, folder);
}

/**
 * Builds a part unless it is there.
 *
 * @throws ToolchainError TOOL_MISSING without Go, COMMAND_FAILED, COMMAND_TIMED_OUT, BUILD_INCOMPLETE.
 */
export async function makeKubernetesPart(part: KubernetesPart, onLine: (line: string) => void): Promise<string> {
  return placeOf(part, await makeGoArtefact(ARTEFACTS[part], onLine));
}

/**
 * The pinned release's description of its API (OpenAPI 2, `swagger.json`), which lies in its module; fetched when it is
 * not there. Undefined without a Go that is new enough.
 */
export async function locateApiDescription(): Promise<string | undefined> {
  const go = await findGo(TEST_MINIMUM.go);
  if (go === undefined) return undefined;
  return join(
    await moduleFolder(wrapperOf("kubernetes"), "k8s.io/kubernetes", go),
    "api",
    "openapi-spec",
    "swagger.json",
  );
}

function placeOf(part: KubernetesPart, folder: string): string {
  return part === "cni-plugins" ? folder : join(folder, part);
}
