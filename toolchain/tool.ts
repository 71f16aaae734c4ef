import type { KubernetesPart } from "./kubernetes.ts";

/** What only the tests of the last level need: a Kubernetes API server, a node, a server with the S3 API. */
export type KubernetesTool =
  | KubernetesPart
  | "versitygw"
  | "strimzi-crds"
  | "module-crds"
  | "container-runtime"
  | "checkov";

/** Everything the toolchain knows. */
export type ToolName =
  | "node"
  | "java"
  | "maven"
  | "go"
  | "pulumi"
  | "pulumi-language-nodejs"
  | "pulumi-resource-kafka"
  | "pulumi-resource-postgresql"
  | "pulumi-resource-kubernetes"
  | "kafka"
  | "apicurio"
  | "postgresql"
  | "redis"
  | KubernetesTool;

/** A tool that is there. */
export interface LocatedTool {
  name: ToolName;
  /** `major.minor.patch`. */
  version: string;
  /** The binary, or the folder of what is not one binary. */
  path: string;
  /** `installed` by the user or the system; else prepared by the kit: fetched or built; `cache`: the kit's own Node. */
  origin: "installed" | "downloaded" | "built" | "cache";
  detail?: string;
}

/** A tool that is not there, and what to do about it. */
export interface MissingTool {
  name: ToolName;
  reason: string;
  fix: string;
}

/** What {@link locateTool} answers. */
export type ToolStatus = ({ found: true } & LocatedTool) | ({ found: false } & MissingTool);

/** What a tool's search answers. */
export type Found = Omit<LocatedTool, "name">;
/** Told what a preparation is doing. */
export type Report = (detail: string) => void;

/** How one tool is looked for, made, and what to say when it is missing. */
export interface Tool {
  find(): Promise<Found | undefined>;
  /** Absent: the user has to install it. */
  prepare?(report: Report): Promise<void>;
  missing(): { reason: string; fix: string };
  /** Prepared before this one. */
  after?: readonly ToolName[];
}
