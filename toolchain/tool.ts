/** Everything that users run, and what it is built with. */
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

/** A tool that is there. */
export interface LocatedTool {
  name: string;
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
  name: string;
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
  after?: readonly string[];
}

/** Tools by name. */
export type ToolTable = Readonly<Record<string, Tool>>;
