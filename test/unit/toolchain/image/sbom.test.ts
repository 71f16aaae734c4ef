import { describe, expect, it } from "vitest";
import { imageSbom } from "../../../../toolchain/image/sbom.ts";

const FACTS = {
  service: "order-service",
  version: "1.4.0",
  nodeVersion: "24.21.0",
  base: `base:1@sha256:${"a".repeat(64)}`,
};
const npm = (serial: string, time: string, components: object[]) => ({
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  serialNumber: `urn:uuid:${serial}`,
  version: 1,
  metadata: {
    timestamp: time,
    tools: [{ name: "npm" }],
    component: { "bom-ref": "order-service@0.0.0", name: "order-service" },
  },
  components,
  dependencies: [
    { ref: "pg@8.0.0", dependsOn: [] },
    { ref: "order-service@0.0.0", dependsOn: ["pg@8.0.0"] },
  ],
});
const PG = { "bom-ref": "pg@8.0.0", name: "pg", type: "library" };
const AVSC = { "bom-ref": "avsc@5.0.0", name: "avsc", type: "library" };

describe("bill of materials of an image", () => {
  it("is the same whenever and in whichever order npm wrote it", () => {
    const one = imageSbom(npm("1", "2026-01-01T00:00:00Z", [PG, AVSC]), FACTS);
    expect(imageSbom(npm("2", "2026-02-02T00:00:00Z", [AVSC, PG]), FACTS)).toEqual(one);
    expect(one.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(JSON.stringify(one)).not.toContain("2026-01-01");
  });

  it("names Node, the base by digest, and files that nobody else vouches for", () => {
    const { components, metadata } = imageSbom(npm("1", "", [PG]), {
      ...FACTS,
      files: [{ path: "/lib/libc.so.6", sha256: "b".repeat(64) }],
    });
    expect(components).toMatchObject([
      PG,
      { type: "platform", name: "node", version: "24.21.0" },
      { type: "container", name: "base:1", version: `sha256:${"a".repeat(64)}` },
      { type: "file", name: "/lib/libc.so.6", hashes: [{ alg: "SHA-256", content: "b".repeat(64) }] },
    ]);
    expect(metadata).toEqual({
      component: { "bom-ref": "order-service@0.0.0", type: "container", name: "order-service", version: "1.4.0" },
    });
  });

  it("has another number for another content", () => {
    expect(imageSbom(npm("1", "", [PG]), FACTS).serialNumber).not.toBe(
      imageSbom(npm("1", "", [AVSC]), FACTS).serialNumber,
    );
  });

  it("is refused when npm printed something else", () => {
    expect(() => imageSbom({ bomFormat: "SPDX" }, FACTS)).toThrow("no CycloneDX document");
  });
});
