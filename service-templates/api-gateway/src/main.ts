import { runProcess } from "../../lib/service.ts";
import { startGateway } from "./service.ts";

runProcess(() => startGateway());
