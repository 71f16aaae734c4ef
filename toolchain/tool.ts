/** Every program that users run, and the tools that build them. */
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
  | "redis";

/** A tool that was found. */
export interface LocatedTool {
  name: string;
  /** `major.minor.patch`. */
  version: string;
  /** The binary, or the folder of a tool that is not one binary. */
  path: string;
  /** `installed`: by the user or the system. `downloaded` or `built`: prepared by the kit. `cache`: the kit's own Node. */
  origin: "installed" | "downloaded" | "built" | "cache";
  detail?: string;
}

/** A missing tool, and what to do about it. */
export interface MissingTool {
  name: string;
  reason: string;
  fix: string;
}

/** Result of {@link locateTool}. */
export type ToolStatus = ({ found: true } & LocatedTool) | ({ found: false } & MissingTool);

/** Result of the search for a tool. */
export type Found = Omit<LocatedTool, "name">;
/** Receives the current action of a preparation. */
export type Report = (detail: string) => void;

/** How to find and make one tool, and what to report if it is missing. */
export interface Tool {
  find(): Promise<Found | undefined>;
  /** Absent if the user has to install it. */
  prepare?(report: Report): Promise<void>;
  missing(): { reason: string; fix: string };
  /** Tools that are prepared before this one. */
  after?: readonly string[];
}

/** Tools by name. */
export type ToolTable = Readonly<Record<string, Tool>>;
