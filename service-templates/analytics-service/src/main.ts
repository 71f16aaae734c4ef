import { runProcess } from "@event-platform-kit/service/run-process";
import { startAnalyticsService } from "./service.ts";

runProcess(() => startAnalyticsService());
