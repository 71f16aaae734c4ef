import { runProcess } from "../../lib/service.ts";
import { startAnalyticsService } from "./service.ts";

runProcess(() => startAnalyticsService());
