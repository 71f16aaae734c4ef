// The runner of policy packs compiles required TypeScript. Node loads imported modules and strips their types itself.
import "./main.ts";
