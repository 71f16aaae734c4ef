import { runProcess } from "../../lib/service.ts";
import { startPaymentService } from "./service.ts";

runProcess(() => startPaymentService());
