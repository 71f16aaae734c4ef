/** Supervised processes without Pulumi: what `kit status` and `kit down` call. */
export { listProcesses, stopProcesses, type ProcessStatus, type StopProgress } from "./list.ts";
export { pathsOf, type ProcessPaths } from "./record.ts";
export { stopOrder, type ProcessRole, type ProcessSpecification } from "./specification.ts";
export { ensureProcess, removeProcess, stopProcess, type RunningProcess } from "./supervisor.ts";
