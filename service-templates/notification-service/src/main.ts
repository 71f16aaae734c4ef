import { runProcess } from "../../lib/run-process.ts";
import { startNotificationService } from "./service.ts";

runProcess(() => startNotificationService());
