// The runner of policy packs compiles TypeScript that is required; what a module imports is left to Node, which strips types itself.
import "./main.ts";
