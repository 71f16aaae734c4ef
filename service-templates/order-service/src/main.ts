import { runProcess } from "../../lib/run-process.ts";
import { startOrderService } from "./service.ts";

runProcess(() => startOrderService());
