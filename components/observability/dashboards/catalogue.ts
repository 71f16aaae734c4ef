import type { Dashboard } from "../dashboard.ts";
import { brokers } from "./brokers.ts";
import { consumers } from "./consumers.ts";
import { overview } from "./overview.ts";
import { saga } from "./saga.ts";
import { services } from "./services.ts";

/** All dashboards, in the order in which users read them. */
export const DASHBOARDS: readonly Dashboard[] = [overview, saga, consumers, brokers, services];
