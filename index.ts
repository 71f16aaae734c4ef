import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { stackExternals } from "./components/kubernetes/externals.ts";
import { leaveOutTracing } from "./components/lean-program.ts";
import { loadModel } from "./components/model/load.ts";
import { expectRead } from "./components/model/read.ts";
import { parseStackSettings } from "./components/model/stack/parse-stack.ts";
import { serviceTeams } from "./components/observability/owners.ts";
import { expectFingerprint, planFingerprint } from "./components/plan/digest.ts";
import { planPlatform } from "./components/plan/plan.ts";
import { platform } from "./components/platform.ts";
import { locateLocalServers } from "./toolchain/servers/local-servers.ts";

leaveOutTracing(process.env);

const projectDir = fileURLToPath(new URL(".", import.meta.url));
const settings = expectRead(parseStackSettings(new pulumi.Config().requireObject("platform")));
const { model, stack } = expectRead(await loadModel(projectDir, settings, pulumi.getStack()));
const plan = planPlatform(model, stack);
const fingerprint = planFingerprint(plan, stack);
expectFingerprint(fingerprint, process.env);

const outputs = await platform({
  projectDir,
  stack: pulumi.getStack(),
  settings: stack,
  plan,
  removals: model.domains.flatMap((domain) => domain.removals.map(({ topic }) => topic)),
  teams: serviceTeams(model),
  environment: process.env,
  externals: stackExternals(projectDir),
  locateServers: locateLocalServers,
  locateStrimziCrds: async () => (await import("./toolchain/strimzi/strimzi-crds.ts")).locateStrimziCrds(),
});

/** URL of the gateway. */
export const gateway = outputs.gateway;
/** URL of the schema registry's Confluent-compatible API. */
export const registry = outputs.registry;
/** Address of the Kafka listener for services. */
export const kafkaBootstrap = outputs.kafkaBootstrap;
/**
 * Password of the principal `platform-auditor`, which `kit drift` uses to read the cluster:
 * `pulumi stack output auditorPassword --show-secrets`.
 */
export const auditorPassword = pulumi.secret(outputs.auditorPassword);
/** Fingerprint of the applied plan. `kit up --digest` compares a new plan with it. */
export const appliedPlan = fingerprint;
