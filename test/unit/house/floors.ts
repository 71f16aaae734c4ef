import type { IForbiddenRuleType } from "dependency-cruiser";

/**
 * Permitted imports between rooms. A room imports only from the rooms that it names here and from itself, so every arrow points
 * down. `npm test` compares this table with the imports and with the picture in ARCHITECTURE.md.
 */

/** A room: the rooms that it imports from, and the reason why no others. */
export interface Room {
  readonly imports: readonly string[];
  readonly because: string;
}

/** From the lowest room up. */
export const ROOMS: Readonly<Record<string, Room>> = {
  "components/machine": {
    imports: [],
    because: "Whole files, identities of processes and the shape of errors are the same for all that stands above.",
  },
  toolchain: {
    imports: ["components/machine"],
    because: "It runs before anything else is there: before the packages, before a stack, before a project is read.",
  },
  "components/model": {
    imports: [],
    because:
      "What is declared does not depend on what becomes of it: product teams' checks load this and the plan alone.",
  },
  "components/plan": {
    imports: ["components/model"],
    because: "What follows from a declaration is computed without a server, a credential or Pulumi.",
  },
  "components/observability": {
    imports: ["components/model", "components/plan"],
    because:
      "Signals, alerts and dashboards are data, rendered for both substrates by pure functions; who runs them is above.",
  },
  "service-templates/lib": {
    imports: [],
    because: "Services run in images and processes that hold nothing of the kit. The kit may use it as they do.",
  },
  "components/provider": {
    imports: ["components/machine", "components/model", "components/plan", "service-templates/lib"],
    because: "The plugin runs in a process of its own, without the program that declares its resources.",
  },
  "components/kubernetes": {
    imports: ["components/machine", "components/model", "components/plan", "components/provider"],
    because: "Builders of manifests know Kubernetes, and none of the servers that are described with them.",
  },
  "components/kafka-exporter": {
    imports: [],
    because: "A process of its own beside the local cluster, which is told everything in a file.",
  },
  "components/local": {
    imports: ["components/model"],
    because: "Ports and folders of one machine, which each local server is given.",
  },
  "components/certificates": {
    imports: ["components/component", "components/provider"],
    because: "Every server's certificate hangs on the authorities; they know no server.",
  },
  "components/kafka": {
    imports: [
      "toolchain",
      "components/component",
      "components/model",
      "components/plan",
      "components/observability",
      "components/provider",
      "components/kubernetes",
      "components/local",
      "components/certificates",
    ],
    because: "Kafka is the ground of the platform: the registry keeps its schemas in it, services talk through it.",
  },
  "components/schemas": {
    imports: [
      "toolchain",
      "components/component",
      "components/model",
      "components/plan",
      "components/provider",
      "components/kubernetes",
      "components/local",
      "components/certificates",
      "components/kafka",
    ],
    because: "The registry is a client of Kafka, and does not know who asks it.",
  },
  "components/databases": {
    imports: [
      "toolchain",
      "components/machine",
      "components/component",
      "components/model",
      "components/plan",
      "components/provider",
      "components/kubernetes",
      "components/local",
      "components/certificates",
      "service-templates/lib",
    ],
    because: "PostgreSQL and Redis know neither Kafka nor the services that use them.",
  },
  "components/services": {
    imports: [
      "toolchain",
      "components/component",
      "components/model",
      "components/plan",
      "components/observability",
      "components/provider",
      "components/kubernetes",
      "components/local",
      "components/certificates",
      "components/kafka",
      "components/schemas",
      "components/databases",
    ],
    because: "A service is handed what it needs of Kafka, the registry and its database.",
  },
  "components/substrates": {
    imports: [
      "toolchain",
      "components/component",
      "components/model",
      "components/plan",
      "components/observability",
      "components/provider",
      "components/kubernetes",
      "components/local",
      "components/certificates",
      "components/kafka",
      "components/schemas",
      "components/databases",
      "components/services",
    ],
    because: "A substrate puts the concerns together; no concern knows on which of them it runs beside the others.",
  },
  policies: {
    imports: ["components/model", "components/plan"],
    because:
      "Rules judge the model, the plan and rendered objects as data, so that CI and the laptop give the same verdict.",
  },
};

const ANYWHERE = "^(toolchain|components|policies|cli|service-templates|test|index\\.ts|kit\\.config\\.ts)";

function inside(room: string): string {
  return room === "components/component" ? "^components/component\\.ts$" : `^${room}/`;
}

/** The table and further rules, in dependency-cruiser's format. */
export const RULES: readonly IForbiddenRuleType[] = [
  ...Object.entries(ROOMS).map(([room, { imports, because }]) => ({
    name: `below ${room}`,
    comment: because,
    severity: "error" as const,
    from: { path: inside(room) },
    to: { path: ANYWHERE, pathNot: [room, ...imports].map(inside) },
  })),
  {
    name: "services apart",
    comment: "A service is built, deployed and owned alone: it shares the library and nothing else.",
    severity: "error" as const,
    from: {
      path: "^service-templates/([^/]+)/",
      pathNot: ["^service-templates/[^/]+/test/", "^service-templates/acceptance/"],
    },
    to: { path: ANYWHERE, pathNot: ["^service-templates/lib/", "^service-templates/$1/"] },
  },
  {
    name: "the library by its name",
    comment: "What its package exports is what others may rely on; its tests alone look inside.",
    severity: "error" as const,
    from: { pathNot: "^(service-templates/lib|test)/" },
    to: { path: "^service-templates/lib/", dependencyTypes: ["local"], dependencyTypesNot: ["aliased-workspace"] },
  },
  {
    name: "declared packages",
    comment: "An image holds the packages that its service and the library declare, and no others.",
    severity: "error" as const,
    from: { path: "^service-templates/[^/]+/", pathNot: "^service-templates/[^/]+/test/" },
    to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "unknown"] },
  },
  {
    name: "nothing imports the command line",
    comment: "`pulumi up` works without the kit command, for anybody with the official CLI.",
    severity: "error" as const,
    from: {
      path: "^(index\\.ts|components|policies|toolchain|service-templates)",
      pathNot: "^service-templates/acceptance/",
    },
    to: { path: "^cli/" },
  },
  {
    name: "acceptance from outside",
    comment:
      "What a project knows of itself is written with the kit's public interface and its services' contracts, so that both may change inside.",
    severity: "error" as const,
    from: { path: "^service-templates/acceptance/", pathNot: "^service-templates/acceptance/test/" },
    to: { path: ANYWHERE, pathNot: ["^service-templates/acceptance/", "^cli/project/"] },
  },
  {
    name: "the project's config is a table of contents",
    comment: "It says where the parts of a project's own knowledge stand; each is loaded when a command needs it.",
    severity: "error" as const,
    from: { path: "^kit\\.config\\.ts$" },
    to: { path: ANYWHERE, pathNot: ["^service-templates/acceptance/", "^cli/project/"] },
  },
  {
    name: "the kit knows no project",
    comment:
      "kit.config.ts and what it names are loaded when a command runs (cli/project/load-project.ts): another project has others, or none.",
    severity: "error" as const,
    from: { path: "^(index\\.ts|components|policies|toolchain|cli|service-templates/lib)" },
    to: { path: "^(kit\\.config\\.ts$|service-templates/acceptance/)" },
  },
  {
    name: "nothing imports tests",
    comment:
      "What users run does not need what tests it; `kit test` and `kit doctor --kubernetes` load the tests' tools.",
    severity: "error" as const,
    from: {
      path: "^(index\\.ts|components|policies|toolchain|cli|service-templates/[^/]+/src|service-templates/lib)",
      pathNot: "^cli/testing/test-tools\\.ts$",
    },
    to: { path: "^test/|^service-templates/[^/]+/test/" },
  },
  {
    name: "no circle",
    comment: "Of two files that import each other neither can be read, tested or moved alone.",
    severity: "error" as const,
    from: {},
    to: { circular: true },
  },
];
