/** Supervised processes without Pulumi, for `kit status` and `kit down`. */
export { listProcesses, type ProcessStatus, type StopProgress, stopProcesses } from "./list.ts";
export { type ProcessPaths, pathsOf } from "./record.ts";
export { type ProcessRole, type ProcessSpecification, stopOrder } from "./specification.ts";
export { ensureProcess, type RunningProcess, removeProcess, stopProcess } from "./supervisor.ts";
