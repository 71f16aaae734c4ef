import { describe, expect, it } from "vitest";
import { authoritiesSecret, withAuthorities } from "../../../components/provider/rollout/trusted-authorities.ts";

const coded = (text: string): string => Buffer.from(text).toString("base64");
const OLD = "-----BEGIN CERTIFICATE-----\nold\n-----END CERTIFICATE-----";
const NEW = "-----BEGIN CERTIFICATE-----\nnew\n-----END CERTIFICATE-----";
const OWN = "-----BEGIN CERTIFICATE-----\nown\n-----END CERTIFICATE-----";
const listener = (...certificates: string[]) => ({ name: "tls", bootstrapServers: "kafka:9093", certificates });

describe("the authorities that a client must trust", () => {
  it("are in the Secret that Strimzi names after the cluster", () => {
    expect(authoritiesSecret("prod")).toBe("prod-cluster-ca-cert");
  });

  it.each([
    ["there is no Secret", undefined, [listener(OLD)]],
    ["the Secret holds the same one, with a line end", { "ca.crt": coded(`${OLD}\n`) }, [listener(OLD)]],
    [
      "the key is replaced and the status still names the old one",
      { "ca.crt": coded(NEW), "ca-2031-01-01T00-00-00Z.crt": coded(OLD) },
      [listener(OLD, NEW)],
    ],
    [
      "what is no certificate, or no text, is left out",
      { "ca.crt": coded(OLD), "ca.p12": coded("x"), "b.crt": 1 },
      [listener(OLD)],
    ],
  ])("%s", (_case, secret, expected) => {
    expect(withAuthorities([listener(OLD)], secret)).toEqual(expected);
  });

  it("put the current one first, whatever the names in the Secret", () => {
    const secret = { "ca.crt": coded(NEW), "ca-2031-01-01T00-00-00Z.crt": coded(OLD) };
    expect(withAuthorities([listener(NEW)], secret)).toEqual([listener(NEW, OLD)]);
  });

  it("leave a listener with a certificate of its own, or with none, as it is", () => {
    const plain = { name: "plain", bootstrapServers: "kafka:9092" };
    expect(withAuthorities([listener(OWN), plain], { "ca.crt": coded(OLD) })).toEqual([listener(OWN), plain]);
  });
});
