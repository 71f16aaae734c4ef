import { runProcess } from "../../lib/service.ts";
import { startShippingService } from "./service.ts";

runProcess(() => startShippingService());
