import { runProcess } from "../../lib/run-process.ts";
import { startGateway } from "./service.ts";

runProcess(() => startGateway());
