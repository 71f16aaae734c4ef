import { runProcess } from "@event-platform-kit/service/run-process";
import { startPaymentService } from "./service.ts";

runProcess(() => startPaymentService());
