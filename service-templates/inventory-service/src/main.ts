import { runProcess } from "../../lib/run-process.ts";
import { startInventoryService } from "./service.ts";

runProcess(() => startInventoryService());
