import { runProcess } from "../../lib/service.ts";
import { startNotificationService } from "./service.ts";

runProcess(() => startNotificationService());
