import { runProcess } from "../../lib/service.ts";
import { startInventoryService } from "./service.ts";

runProcess(() => startInventoryService());
