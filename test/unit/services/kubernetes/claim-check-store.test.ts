import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { portOfAddress } from "../../../../components/model/values/address-port.ts";
import { claimCheckBucket, claimCheckFolder } from "../../../../components/services/claim-check-store.ts";
import { networkPolicy } from "../../../../components/services/kubernetes/network-policy.ts";
import { networkPeers } from "../../../../components/substrates/kubernetes/network-peers.ts";
import { stackSettings } from "../../kubernetes/strimzi-input.ts";
import { contextOf, orderWorkload, PEERS } from "./sample-workload.ts";

const store = {
  endpoint: "https://s3.example.com:9000",
  region: "eu-1",
  bucket: "claim-checks",
  caFile: "stacks/certificates/s3.pem",
  cidrs: ["10.30.2.0/24"],
};

describe("the store of claim checks", () => {
  it("gives each service credentials of its own, as secret files, and whose certificate to accept", () => {
    const asked: string[] = [];
    const externals = {
      secret: (key: string) => {
        asked.push(key);
        return pulumi.secret(key);
      },
      file: () => pulumi.output("PEM"),
    };
    const { environment, files, connects } = claimCheckBucket(store, externals);
    const handed = files("order-service");
    expect(environment).toEqual({
      CLAIM_CHECK_S3_ENDPOINT: store.endpoint,
      CLAIM_CHECK_S3_REGION: "eu-1",
      CLAIM_CHECK_S3_BUCKET: "claim-checks",
    });
    expect(handed.map(({ variable, secret }) => [variable, secret])).toEqual([
      ["CLAIM_CHECK_S3_KEY_ID_FILE", true],
      ["CLAIM_CHECK_S3_KEY_FILE", true],
      ["CLAIM_CHECK_S3_CA_FILE", false],
    ]);
    expect(asked).toEqual(["claimCheckKeyId-order-service", "claimCheckSecretKey-order-service"]);
    expect(connects).toEqual(["claim-checks"]);
    expect(claimCheckFolder("/state/claim-checks")).toMatchObject({
      environment: { CLAIM_CHECK_FOLDER: "/state/claim-checks" },
      connects: [],
    });
  });

  it("is reached by the pods that use it alone, at its addresses and port", () => {
    const peers = networkPeers(
      stackSettings({ claimCheckStore: store }).kubernetes as NonNullable<
        ReturnType<typeof stackSettings>["kubernetes"]
      >,
    );
    expect(peers["claim-checks"]).toEqual({ peers: [{ ipBlock: { cidr: "10.30.2.0/24" } }], ports: [9000] });
    const egressOf = (connects: readonly ("kafka" | "claim-checks")[], known = peers) =>
      JSON.stringify(networkPolicy(contextOf(orderWorkload({ connects })), known).spec);
    expect(egressOf(["kafka", "claim-checks"])).toContain("10.30.2.0/24");
    expect(egressOf(["kafka"])).not.toContain("10.30.2.0/24");
  });

  it("lets nothing out where the environment names none", () => {
    const { egress } = networkPolicy(contextOf(orderWorkload({ connects: ["claim-checks"], calls: [] })), PEERS)
      .spec as { egress: unknown[] };
    expect(egress).toHaveLength(1);
  });

  it.each([
    ["https://s3.example.com", 443],
    ["http://minio.platform", 80],
    ["https://s3.example.com:9000", 9000],
  ])("%s listens on %i", (endpoint, port) => {
    expect(portOfAddress(endpoint)).toBe(port);
  });
});
