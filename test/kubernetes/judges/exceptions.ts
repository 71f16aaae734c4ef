import type { Exception } from "./finding.ts";

/**
 * Findings of the validators that the kit does not follow, with reasons. An exception without a finding fails the test, because
 * it would hide the next one. Exceptions from the project's own rules are in `policies/exceptions.yaml`.
 */
export const EXCEPTIONS: readonly Exception[] = [
  {
    judge: "policies",
    rule: "workload-image-digest",
    object: /^(Deployment|Job) services\//,
    reason:
      "The stacks in the repository name no built images; a pipeline sets digests, and the policy pack refuses prod without them.",
  },
  {
    judge: "policies",
    rule: "workload-platform-image-digest",
    object: /^Deployment (kafka\/strimzi-cluster-operator|platform\/(schema-registry|redis))$/,
    reason: "Digests of others' images are a platform team's to take, from the mirror that its nodes fetch from.",
  },
  {
    judge: "monokle",
    rule: "KBP001",
    object: /^(Deployment|Job) services\//,
    reason:
      "The stacks in the repository name no built images; a pipeline sets digests, and the policy pack refuses prod without them.",
  },
  {
    judge: "monokle",
    rule: "KBP104",
    object: /^Deployment kafka\/strimzi-cluster-operator$/,
    reason: "The operator's image is Strimzi's and made for its user 1001.",
  },
  {
    judge: "monokle",
    rule: "KBP105",
    object: /^Deployment kafka\/strimzi-cluster-operator$/,
    reason: "The operator's image is Strimzi's and made for its group.",
  },
  {
    judge: "monokle",
    rule: "KBP107",
    object: /^Role kafka\/strimzi-cluster-operator$/,
    reason: "Making the brokers' pods is what the operator is for; the role ends at its namespace.",
  },
  {
    judge: "checkov",
    rule: "CKV_K8S_14",
    object: /^(Deployment|Job) services\//,
    reason:
      "The stacks in the repository name no built images, so the tag is the default; a pipeline sets digests, and the policy pack refuses prod without them.",
  },
  {
    judge: "checkov",
    rule: "CKV_K8S_43",
    object: /^(Deployment|Job) services\//,
    reason: "As CKV_K8S_14: digests are known once images are built.",
  },
  {
    judge: "checkov",
    rule: "CKV_K8S_43",
    object: /^Deployment (kafka\/strimzi-cluster-operator|platform\/(schema-registry|redis))$/,
    reason:
      "Images of others are named by version; their digests could not be confirmed where this was written, and each has a setting that takes one.",
  },
  {
    judge: "checkov",
    rule: "CKV_K8S_15",
    object: /^(Deployment|StatefulSet|Job) /,
    reason:
      "A digest means the same image everywhere; to ask the registry at each start would keep pods from starting while it is away.",
  },
  {
    judge: "checkov",
    rule: "CKV_K8S_40",
    object: /^Deployment kafka\/strimzi-cluster-operator$/,
    reason: "The operator's image is Strimzi's and made for its user 1001.",
  },
];
