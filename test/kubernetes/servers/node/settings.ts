import { join } from "node:path";
import type { ControlPlaneFiles } from "../control-plane-files.ts";

/** The node's own address inside its namespaces; pods reach it. */
export const NODE_ADDRESS = "10.77.0.1";
/** Address of the cluster's DNS. */
export const DNS_ADDRESS = "10.96.0.10";
export const PAUSE_IMAGE = "localhost/pause:1";
export const COREDNS_IMAGE = "localhost/coredns:1";
const POD_RANGE = "10.244.0.0/16";

/** Where a node keeps its things. */
export interface NodePlaces {
  /** The node's folder. */
  readonly folder: string;
  /** Folder with the CNI plugins. */
  readonly plugins: string;
  /** Control group below which its pods live. */
  readonly cgroup: string;
  readonly files: ControlPlaneFiles;
}

/** The node's settings by their path below its folder. JSON is YAML. */
export function nodeSettings({ folder, plugins, cgroup, files }: NodePlaces): Readonly<Record<string, string>> {
  const json = (value: object): string => JSON.stringify(value, undefined, 2);
  return {
    "etc/resolv.conf": `nameserver ${DNS_ADDRESS}\nsearch cluster.local\noptions ndots:5\n`,
    // Who asks for the node's own DNS gets none: there is no network.
    "etc/pod-resolv.conf": "",
    "etc/containerd.toml": containerdSettings(folder, plugins),
    "cni/10-pods.conflist": json({
      cniVersion: "0.4.0",
      name: "pods",
      plugins: [
        {
          type: "bridge",
          bridge: "cni0",
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: {
            type: "host-local",
            dataDir: "/run/cni-ipam",
            ranges: [[{ subnet: "10.244.0.0/24" }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
      ],
    }),
    "etc/kubelet.json": json({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      address: NODE_ADDRESS,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: false },
        x509: { clientCAFile: files.caFile },
      },
      authorization: { mode: "AlwaysAllow" },
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${cgroup}`,
      failCgroupV1: false,
      failSwapOn: false,
      clusterDomain: "cluster.local",
      clusterDNS: [DNS_ADDRESS],
      resolvConf: join(folder, "etc", "pod-resolv.conf"),
      containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
      podLogsDir: join(folder, "pods"),
      evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      volumePluginDir: join(folder, "kubelet", "volumeplugins"),
      // A killed container comes back within the test's patience, also the third time.
      crashLoopBackOff: { maxContainerRestartPeriod: "5s" },
      featureGates: { KubeletCrashLoopBackOffMax: true },
      // A node whose processes were killed is told from one that was busy.
      nodeStatusUpdateFrequency: "2s",
    }),
    "etc/kube-proxy.json": json({
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      kind: "KubeProxyConfiguration",
      clientConnection: { kubeconfig: files.kubeconfig("kube-proxy") },
      mode: "nftables",
      clusterCIDR: POD_RANGE,
      hostnameOverride: "node1",
      bindAddress: NODE_ADDRESS,
      healthzBindAddress: "127.0.0.1:10256",
      metricsBindAddress: "127.0.0.1:10249",
      // These limits are the machine's.
      conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    }),
  };
}

function containerdSettings(folder: string, plugins: string): string {
  return `version = 2
root = "${join(folder, "containerd")}"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  disable_apparmor = true
  # Root of a container has no right to lower a score.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${join(folder, "cni")}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}
