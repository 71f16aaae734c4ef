import type { Exception } from "./finding.ts";

/**
 * Complaints of the judges that are answered rather than followed. One that no longer meets a complaint fails the test:
 * it would hide the next one.
 */
export const EXCEPTIONS: readonly Exception[] = [
  {
    judge: "kubeconform", rule: "schema-missing", object: /^PodMonitor /,
    reason: "The Prometheus operator publishes no definitions where the tests can fetch them; the kind is optional and off where it is not installed.",
  },
  {
    judge: "monokle", rule: "KBP001", object: /^(Deployment|Job) services\//,
    reason: "The stacks in the repository name no built images; a pipeline sets digests, and the policy pack refuses prod without them.",
  },
  {
    judge: "monokle", rule: "KBP003", object: /^Deployment /,
    reason: "No CPU limits: throttling makes a latency-bound service slower than its neighbours need. Requests give the share, a quota bounds the namespace.",
  },
  {
    judge: "monokle", rule: "KBP104", object: /^Deployment kafka\/strimzi-cluster-operator$/,
    reason: "The operator's image is Strimzi's and made for its user 1001.",
  },
  {
    judge: "monokle", rule: "KBP105", object: /^Deployment kafka\/strimzi-cluster-operator$/,
    reason: "The operator's image is Strimzi's and made for its group.",
  },
  {
    judge: "monokle", rule: "KBP107", object: /^Role kafka\/strimzi-cluster-operator$/,
    reason: "Making the brokers' pods is what the operator is for; the role ends at its namespace.",
  },
];
