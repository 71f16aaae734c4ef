import type { ApiClient } from "./api-client.ts";
import { describeAnswer } from "./api-client.ts";
import { type PlayedPart, playPart } from "./played-part.ts";

const INGRESS = "/apis/networking.k8s.io/v1/namespaces/services/ingresses/api-gateway";

/** Plays the controller of the gateway's Ingress: gives it an address, for which `pulumi up` waits. */
export function playIngress(client: ApiClient, limitMs: number): PlayedPart {
  return playPart(limitMs, async ({ declared }) => {
    await declared("the Ingress", () => client.read(INGRESS));
    const answer = await client.request("PATCH", `${INGRESS}/status`, {
      type: "application/merge-patch+json",
      body: JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: "192.0.2.10" }] } } }),
    });
    if (answer.status >= 300) throw new Error(`The Ingress's status was refused: ${describeAnswer(answer)}`);
  });
}
