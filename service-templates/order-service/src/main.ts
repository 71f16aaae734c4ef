import { runProcess } from "@event-platform-kit/service/run-process";
import { startOrderService } from "./service.ts";

runProcess(() => startOrderService());
