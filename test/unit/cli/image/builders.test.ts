import { describe, expect, it } from "vitest";
import { BUILDERS, builderCommands, isPinned } from "../../../../cli/image/container-builders.ts";
import { linkedLibraries } from "../../../../cli/image/host-base.ts";
import type { ServiceImageFacts } from "../../../../cli/image/service-image.ts";
import { imageConfig, imageManifest } from "../../../../cli/image/service-image.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

describe("references of bases", () => {
  it.each([
    [`gcr.io/distroless/cc-debian12:nonroot@${DIGEST}`, true],
    [`registry.example.com:5000/base@${DIGEST}`, true],
    ["debian:12", false],
    [`base@${DIGEST.toUpperCase()}`, false],
    [`base@${DIGEST}0`, false],
    [`--flag@${DIGEST}`, false],
    [`two words@${DIGEST}`, false],
  ])("%s: %s", (reference, pinned) => {
    expect(isPinned(reference)).toBe(pinned);
  });
});

describe("commands of builders", () => {
  const request = { projectDir: "/project", services: [], base: `base@${DIGEST}`, version: "1.4.0", out: "/out.tar" };
  const service = {
    service: "order-service",
    workspace: "service-templates/order-service",
    entry: "src/main.ts",
    name: "registry.example.com/shop/order-service:1.4.0",
  };

  it.each(BUILDERS)(
    "%s gets the Dockerfile, the arguments, secrets as files, and leaves an archive without times",
    (builder) => {
      const commands = builderCommands(builder, { ...request, revision: "abc123" }, service, "/out/one.tar", {
        npmrc: "/home/.npmrc",
      });
      const words = commands.map(({ program, args }) => [program, ...args].join(" ")).join("\n");
      expect(commands.every(({ program }) => program === builder)).toBe(true);
      for (const needed of [
        "--file service-templates/Dockerfile",
        "SERVICE=order-service",
        `BASE_IMAGE=base@${DIGEST}`,
        "VERSION=1.4.0",
        "REVISION=abc123",
        "--secret id=npmrc,src=/home/.npmrc",
      ])
        expect(words).toContain(needed);
      expect(words).toMatch(/--timestamp 0|rewrite-timestamp=true/);
      expect(words).toContain("/out/one.tar");
      expect(words).not.toContain("NODE_IMAGE");
      expect(words).not.toContain("id=ca");
    },
  );
});

describe("libraries of a program", () => {
  it("are what ldd lists, the loader included, the kernel's own left out", () => {
    const printed =
      "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f11)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f12)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f13)\n";
    expect(linkedLibraries(printed)).toEqual(["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]);
  });

  it("must all be there", () => {
    expect(() => linkedLibraries("\tlibuv.so.1 => not found\n")).toThrow("libuv.so.1");
  });
});

describe("configuration of an image", () => {
  const layer = (byte: string) => ({
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" as const,
    digest: `sha256:${byte.repeat(64)}`,
    size: 7,
    diffId: `sha256:${byte.repeat(63)}0`,
  });
  const facts: ServiceImageFacts = {
    service: "order-service",
    workspace: "service-templates/order-service",
    entry: "src/main.ts",
    version: "1.4.0",
    platform: { os: "linux", architecture: "amd64" },
    base: {
      reference: `base@${DIGEST}`,
      layers: [layer("a")],
      environment: ["PATH=/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", "NODE_ENV=development"],
    },
  };
  const layers = [{ layer: layer("b"), comment: "code" }];

  it("runs node as a user of its own and says what it stands on", () => {
    expect(imageConfig(facts, layers)).toMatchObject({
      created: "1970-01-01T00:00:00Z",
      os: "linux",
      config: {
        User: "10001:10001",
        WorkingDir: "/app/service-templates/order-service",
        Cmd: ["--disable-warning=ExperimentalWarning", "src/main.ts"],
        Entrypoint: ["node"],
        Env: ["PATH=/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", "NODE_ENV=production"],
        Labels: {
          "org.opencontainers.image.base.digest": DIGEST,
          "org.opencontainers.image.title": "order-service",
          "org.opencontainers.image.version": "1.4.0",
        },
      },
      rootfs: { diff_ids: [layer("a").diffId, layer("b").diffId] },
      history: [{ comment: `base base@${DIGEST}` }, { comment: "code" }],
    });
  });

  it("names layers by the compressed digest in the manifest, in the same order", () => {
    const config = { mediaType: "c", digest: DIGEST, size: 1 };
    expect(imageManifest(facts, config, layers)).toMatchObject({
      schemaVersion: 2,
      config,
      layers: [{ digest: layer("a").digest }, { digest: layer("b").digest }],
    });
  });
});
