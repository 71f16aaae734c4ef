/** Started by the kill test as a program of its own: makes a process run, as the plugin would, and is killed meanwhile. */

import { processSchema } from "../../../../components/provider/process/specification.ts";
import { ensureProcess } from "../../../../components/provider/process/supervisor.ts";

const specification = processSchema.parse(JSON.parse(process.argv[2] ?? ""));
process.stdout.write("go\n");
await ensureProcess(specification);
process.stdout.write("done\n");
