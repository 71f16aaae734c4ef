/** Versions of the tools that only tests need. Pinned versions are used exactly. */
export const TEST_PINNED = {
  /** Control plane and node; every staging module has the same number with major version 0. */
  kubernetes: "1.34.4",
  etcd: "3.7.3",
  /** Simulates nodes and pods. */
  kwok: "0.8.0",
  coredns: "1.12.4",
  /** From 1.9.0 on, portmap cleans up after itself with nftables (CVE-2025-67499). */
  cniPlugins: "1.9.1",
  kubeconform: "0.7.0",
  /** Server with the S3 API. */
  versitygw: "1.8.0",
  /** From PyPI; what it needs is pinned in `test/toolchain/python/checkov.txt`. */
  checkov: "3.3.30",
} as const;

/** The minimum version of an installed tool. */
export const TEST_MINIMUM = {
  /** `go` directive of etcd's and kwok's modules. */
  go: "1.26.0",
  /** checkov requires it. */
  python: "3.9.0",
} as const;
