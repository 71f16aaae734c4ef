import * as z from "zod";
import { slugPattern } from "../../../components/model/values/names.ts";
import { type Breach, type Rule, rule, ruleWith } from "../../rule.ts";
import { good } from "./acls.ts";

const user = (name: string, more = ""): string =>
  `- {type: kafka:index/userScramCredential:UserScramCredential, name: "${name}${more}", props: {username: "${name}", scramMechanism: SCRAM-SHA-512, scramIterations: 4096}}`;

/** Rules on SCRAM users. */
export const userRules: readonly Rule[] = [
  ruleWith({
    id: "user-mechanism",
    subject: "access",
    level: "error",
    summary: "Users log in with SCRAM-SHA-512.",
    rationale:
      "A weaker hash is cheaper to brute-force from a leaked metadata log; 4,096 iterations are Kafka's minimum.",
    parameters: z.strictObject({ iterations: z.int().min(4_096).default(4_096) }),
    wrong: {
      resources:
        "- {type: kafka:index/userScramCredential:UserScramCredential, name: order-service, props: {username: order-service, scramMechanism: SCRAM-SHA-256, scramIterations: 4096}}",
    },
    right: { resources: user("order-service") },
    checks: ({ iterations }) => ({
      user({ mechanism, iterations: rounds }) {
        if (mechanism !== undefined && mechanism !== "SCRAM-SHA-512")
          return { message: `the mechanism is ${mechanism}`, fix: "use SCRAM-SHA-512" };
        if (rounds !== undefined && rounds < iterations)
          return { message: `${rounds} iterations`, fix: `use ${iterations} or more` };
        return undefined;
      },
    }),
  }),
  rule({
    id: "user-name",
    subject: "access",
    level: "error",
    summary: "A user has its service's name, which is a slug.",
    rationale:
      "Users, certificates, database roles and groups share the name; not all of them accept capitals and spaces.",
    wrong: { resources: user("Order_Service") },
    right: { resources: user("order-service") },
    checks: () => {
      const slug = new RegExp(slugPattern, "u");
      return {
        user: ({ name }) =>
          name === undefined || slug.test(name)
            ? undefined
            : {
                message: `the user ${JSON.stringify(name)} is not a slug`,
                fix: "use lower-case letters, digits and single dashes",
              },
      };
    },
  }),
  rule({
    id: "duplicate-principal",
    subject: "access",
    level: "error",
    summary: "A principal is declared once.",
    rationale: "Two declarations of one user overwrite each other's password.",
    wrong: { resources: `${user("order-service")}\n${user("order-service", "-again")}` },
    right: { resources: `${user("order-service")}\n${user("payment-service")}` },
    checks: () => ({
      cluster({ users }) {
        const seen = new Set<string>();
        return users.flatMap(({ name, source }): Breach[] => {
          if (name === undefined) return [];
          if (seen.has(name))
            return [
              { message: `the user ${name} is declared twice`, fix: "delete one of them", object: name, at: source },
            ];
          seen.add(name);
          return [];
        });
      },
    }),
  }),
  rule({
    id: "user-without-access",
    subject: "access",
    level: "info",
    summary: "A user has at least one ACL.",
    rationale: "A user without ACLs is a leftover, and its password is an unnecessary risk.",
    wrong: { resources: `${user("order-service")}\n${user("old-service")}\n${good}` },
    right: { resources: `${user("order-service")}\n${good}` },
    checks: () => ({
      cluster({ users, acls }) {
        // In a preview, the principals of some ACLs may be unknown.
        if (acls.some(({ principal }) => principal === undefined)) return undefined;
        const used = new Set(acls.map(({ principal }) => principal));
        return users.flatMap(({ name, source }): Breach[] =>
          name === undefined || used.has(name)
            ? []
            : [{ message: `the user ${name} has no ACL`, fix: "delete it", object: name, at: source }],
        );
      },
    }),
  }),
];
