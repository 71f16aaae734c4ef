import { runProcess } from "@event-platform-kit/service/run-process";
import { startShippingService } from "./service.ts";

runProcess(() => startShippingService());
