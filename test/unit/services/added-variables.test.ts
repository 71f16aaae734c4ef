import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ServiceConnections, serviceWorkload } from "../../../components/services/service-workload.ts";
import { parseServiceTemplate } from "../../../components/services/template.ts";
import { PROJECT_DIR } from "../../platform/kit-command.ts";

/** The gateway: it needs an issuer of tokens, a cache, and the address of what it calls. */
const template = parseServiceTemplate(
  "api-gateway",
  readFileSync(join(PROJECT_DIR, "service-templates/api-gateway/template.yaml"), "utf8"),
);
const connections = {
  schemasDir: "",
  urlOf: (service: string) => `http://${service}`,
  tokens: { issuer: "issuer", audience: "audience", keySet: "{}" },
  redis: { host: "redis", port: 6379, password: () => "" },
} as unknown as ServiceConnections;
const environmentWith = (environment: Record<string, string>) =>
  serviceWorkload({
    template,
    replicas: 1,
    environment,
    contract: undefined,
    database: undefined,
    connections,
    plan: { topics: [], subjects: [], sharedSubjects: [] },
    called: [],
    callers: [],
  }).environment;

describe("variables that a stack adds to a service", () => {
  it("reach it, and may change what is only a default", () => {
    expect(environmentWith({ FEATURE_X: "on", LOG_LEVEL: "debug" })).toMatchObject({
      FEATURE_X: "on",
      LOG_LEVEL: "debug",
      JWT_ISSUER: "issuer",
      ORDER_SERVICE_URL: "http://order-service",
    });
    expect(environmentWith({})).toMatchObject({ LOG_LEVEL: "info" });
  });

  it.each(["ORDER_SERVICE_URL", "JWT_JWKS_FILE", "HTTP_PORT", "SERVICE_NAME"])(
    "are refused when the platform sets them: %s",
    (name) => {
      expect(() => environmentWith({ [name]: "x" })).toThrow(
        `services.api-gateway.env sets ${name}, which the platform sets; take it out.`,
      );
    },
  );
});
