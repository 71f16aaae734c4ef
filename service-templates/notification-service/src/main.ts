import { runProcess } from "@event-platform-kit/service/run-process";
import { startNotificationService } from "./service.ts";

runProcess(() => startNotificationService());
