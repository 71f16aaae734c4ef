import { runProcess } from "../../lib/run-process.ts";
import { startShippingService } from "./service.ts";

runProcess(() => startShippingService());
