import { findStrimziCrds, locateStrimziCrds } from "../../toolchain/strimzi/strimzi-crds.ts";
import type { Tool, ToolTable } from "../../toolchain/tool.ts";
import { TOOLS } from "../../toolchain/tools.ts";
import { PINNED } from "../../toolchain/versions.ts";
import { findCheckov, prepareCheckov } from "./checkov.ts";
import { findContainerRuntime, prepareContainerRuntime } from "./container-runtime.ts";
import {
  findKubernetesPart,
  KUBERNETES_PARTS,
  type KubernetesPart,
  kubernetesPartVersion,
  makeKubernetesPart,
} from "./kubernetes-parts.ts";
import { CRD_MODULES, findModuleCrds, locateModuleCrds } from "./module-crds.ts";
import { findPromtool, preparePromtool } from "./promtool.ts";
import { findS3Server, makeS3Server } from "./s3-server.ts";
import { TEST_PINNED } from "./versions.ts";

/** Tools that only the tests of the last level need: a Kubernetes API server, a node, a server with the S3 API, validators. */
export type TestTool =
  | KubernetesPart
  | "versitygw"
  | "strimzi-crds"
  | "module-crds"
  | "container-runtime"
  | "checkov"
  | "promtool";

/** All of them, in the order in which they are prepared. */
export const TEST_TOOLS: readonly TestTool[] = [
  "strimzi-crds",
  "module-crds",
  "container-runtime",
  "versitygw",
  "promtool",
  ...KUBERNETES_PARTS,
  "checkov",
];

/** How they are found and made; one after the other, because each build uses the whole machine. */
const TABLE: Readonly<Record<TestTool, Tool>> = {
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
      return path === undefined ? undefined : { version: TEST_PINNED.versitygw, path, origin: "built" };
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
  promtool: {
    find: findPromtool,
    prepare: preparePromtool,
    missing: () => notPrepared("promtool is neither installed nor unpacked yet."),
  },
  checkov: {
    find: async () => {
      const checkov = await findCheckov();
      return checkov && { version: TEST_PINNED.checkov, path: checkov.folder, origin: "downloaded" };
    },
    prepare: prepareCheckov,
    after: ["kubeconform"],
    missing: () => notPrepared("checkov is not installed yet."),
  },
};

/** These tools and those of users, some of which tests need too. */
export const TOOLS_WITH_TESTS: ToolTable = { ...TOOLS, ...TABLE };

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

function earlierParts(name: KubernetesPart): readonly string[] {
  return ["versitygw", ...KUBERNETES_PARTS.slice(0, KUBERNETES_PARTS.indexOf(name))];
}

function notPrepared(reason: string): { reason: string; fix: string } {
  return { reason, fix: "Run `npx kit doctor --fix --kubernetes`." };
}
