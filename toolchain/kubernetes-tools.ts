import { findCheckov, prepareCheckov } from "./checkov.ts";
import { findContainerRuntime, prepareContainerRuntime } from "./container-runtime.ts";
import { CRD_MODULES, findModuleCrds, locateModuleCrds } from "./kubernetes/module-crds.ts";
import { findStrimziCrds, locateStrimziCrds } from "./kubernetes/strimzi-crds.ts";
import {
  findKubernetesPart,
  KUBERNETES_PARTS,
  type KubernetesPart,
  kubernetesPartVersion,
  makeKubernetesPart,
} from "./kubernetes.ts";
import { findS3Server, makeS3Server } from "./s3-server.ts";
import type { KubernetesTool, Tool, ToolName } from "./tool.ts";
import { PINNED } from "./versions.ts";

/** All of them, in the order in which they are prepared. */
export const KUBERNETES_TOOLS: readonly KubernetesTool[] = [
  "strimzi-crds",
  "module-crds",
  "container-runtime",
  "versitygw",
  ...KUBERNETES_PARTS,
  "checkov",
];

/** How they are looked for and made; one after the other, because each of the builds takes the whole machine. */
export const KUBERNETES_TABLE: Record<KubernetesTool, Tool> = {
  "strimzi-crds": {
    find: async () => {
      const folder = await findStrimziCrds();
      return folder === undefined ? undefined : { version: PINNED.strimzi, path: folder, origin: "built" };
    },
    prepare: async (report) => void (await locateStrimziCrds(report)),
    missing: () => notPrepared("Strimzi's custom resource definitions are not generated yet."),
  },
  "module-crds": {
    find: async () => {
      const folders = await Promise.all(CRD_MODULES.map(findModuleCrds));
      const [first] = folders;
      return first === undefined || folders.includes(undefined)
        ? undefined
        : { version: "1.0.0", path: first, origin: "downloaded", detail: CRD_MODULES.join(", ") };
    },
    prepare: async (report) => {
      for (const name of CRD_MODULES) await locateModuleCrds(name, report);
    },
    missing: () => notPrepared(`The custom resource definitions of ${CRD_MODULES.join(", ")} are not fetched yet.`),
  },
  "container-runtime": {
    find: findContainerRuntime,
    prepare: prepareContainerRuntime,
    missing: () => notPrepared("containerd, runc and nftables are neither installed nor unpacked yet."),
  },
  versitygw: {
    find: async () => {
      const path = await findS3Server();
      return path === undefined ? undefined : { version: PINNED.versitygw, path, origin: "built" };
    },
    prepare: async (report) => void (await makeS3Server(report)),
    missing: () => notPrepared("versitygw is not built yet."),
  },
  etcd: part("etcd"),
  "kube-apiserver": part("kube-apiserver"),
  "kube-controller-manager": part("kube-controller-manager"),
  "kube-scheduler": part("kube-scheduler"),
  kubelet: part("kubelet"),
  "kube-proxy": part("kube-proxy"),
  kwok: part("kwok"),
  coredns: part("coredns"),
  "cni-plugins": part("cni-plugins"),
  pause: part("pause"),
  kubeconform: part("kubeconform"),
  checkov: {
    find: async () => {
      const checkov = await findCheckov();
      return checkov && { version: PINNED.checkov, path: checkov.folder, origin: "downloaded" };
    },
    prepare: prepareCheckov,
    after: ["kubeconform"],
    missing: () => notPrepared("checkov is not installed yet."),
  },
};

function part(name: KubernetesPart): Tool {
  return {
    find: async () => {
      const path = await findKubernetesPart(name);
      return path === undefined ? undefined : { version: kubernetesPartVersion(name), path, origin: "built" };
    },
    prepare: async (report) => void (await makeKubernetesPart(name, report)),
    after: earlierParts(name),
    missing: () => notPrepared(`${name} is not built yet.`),
  };
}

function earlierParts(name: KubernetesPart): readonly ToolName[] {
  return ["versitygw", ...KUBERNETES_PARTS.slice(0, KUBERNETES_PARTS.indexOf(name))];
}

function notPrepared(reason: string): { reason: string; fix: string } {
  return { reason, fix: "Run `npx kit doctor --fix --kubernetes`." };
}
