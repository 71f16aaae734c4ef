import { runProcess } from "../../lib/service.ts";
import { startOrderService } from "./service.ts";

runProcess(() => startOrderService());
