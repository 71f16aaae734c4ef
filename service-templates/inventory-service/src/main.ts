import { runProcess } from "@event-platform-kit/service/run-process";
import { startInventoryService } from "./service.ts";

runProcess(() => startInventoryService());
