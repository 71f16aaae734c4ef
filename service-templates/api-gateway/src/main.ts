import { runProcess } from "@event-platform-kit/service/run-process";
import { startGateway } from "./service.ts";

runProcess(() => startGateway());
