import { runProcess } from "../../lib/run-process.ts";
import { startPaymentService } from "./service.ts";

runProcess(() => startPaymentService());
