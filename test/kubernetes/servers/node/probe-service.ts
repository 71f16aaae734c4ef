import type { ApiObject } from "../api-client.ts";

/**
 * What a service does at its ends and no more: answers with its pod's name, ends gracefully, and eats memory when it is told to.
 * Runs on the Node of an image of the kit.
 */
const PROGRAM = `
const { createServer } = require("node:http");
const eaten = [];
const server = createServer((request, response) => {
  if (request.url === "/eat") setInterval(() => eaten.push(Buffer.alloc(16 * 1024 * 1024, 1)), 20);
  response.end(process.env.HOSTNAME);
});
server.listen(8080);
process.once("SIGTERM", () => setTimeout(() => server.close(() => process.exit(0)), 2000));
`;

/** Namespace whose pods must be restricted. */
export const PROBE_NAMESPACE = "probe";
const labels = { app: "probe" };

/** A namespace, a Deployment of two pods and its Service, on an image with Node. */
export function probeService(image: string): readonly ApiObject[] {
  const namespace = PROBE_NAMESPACE;
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "probe", namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "probe", namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 10,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
            containers: [
              {
                name: "probe",
                image,
                imagePullPolicy: "Never",
                command: ["node", "-e", PROGRAM],
                ports: [{ containerPort: 8080 }],
                readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1, timeoutSeconds: 5 },
                resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "192Mi" } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
              },
            ],
          },
        },
      },
    },
  ];
}
