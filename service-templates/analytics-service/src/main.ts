import { runProcess } from "../../lib/run-process.ts";
import { startAnalyticsService } from "./service.ts";

runProcess(() => startAnalyticsService());
