/** `kit:index:Certificate`. */
import { randomUUID, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { inputChanges } from "../property-diff.ts";
import type { PropertyChange, ResourceKind } from "../resource-kind.ts";
import { failuresOf } from "../validation.ts";
import type { Values } from "../values.ts";

const schema = z
  .object({
    kind: z.enum(["authority", "leaf"]),
    commonName: z
      .string()
      .min(1, "must not be empty")
      .max(64, "must be 64 characters or less (RFC 5280, ub-common-name)"),
    issuer: z.object({ certificatePem: z.string(), privateKeyPem: z.string() }).optional(),
    dnsNames: z.array(z.string().min(1)).default([]),
    ipAddresses: z
      .array(
        z.string().refine((text) => isIP(text) !== 0, {
          error: (issue) => `is not an IP address: ${JSON.stringify(issue.input)}`,
        }),
      )
      .default([]),
    usages: z
      .array(z.enum(["server", "client"]))
      .min(1, "must name a usage")
      .default(["server", "client"]),
    validityHours: z.number().positive("must be more than 0"),
    renewBeforeHours: z.number().nonnegative("must be 0 or more"),
  })
  .refine(({ kind, issuer }) => kind === "authority" || issuer !== undefined, {
    path: ["issuer"],
    error: "a leaf needs the issuer's certificatePem and privateKeyPem",
  })
  .refine(({ kind, issuer }) => kind === "leaf" || issuer === undefined, {
    path: ["issuer"],
    error: "an authority signs itself: leave issuer out",
  })
  .refine(({ validityHours, renewBeforeHours }) => renewBeforeHours < validityHours, {
    path: ["renewBeforeHours"],
    error: "must be less than validityHours, or every run would renew",
  });

/** Returns whether a certificate is due for renewal. Pure. */
export function isDue(notAfter: string, renewBeforeHours: number, now: Date): boolean {
  return now.getTime() > Date.parse(notAfter) - renewBeforeHours * 3_600_000;
}

async function issue(inputs: Values, previousKeyPem?: string): Promise<Values> {
  const { issueCertificate } = await import("./certificate-authority.ts");
  const { issuer, ...request } = schema.parse(inputs);
  const { certificatePem, chainPem, privateKeyPem, publicJwk, notAfter } = await issueCertificate(
    { ...request, ...(issuer && { issuer }) },
    previousKeyPem === undefined ? {} : { previousKeyPem },
  );
  return { certificatePem, chainPem, privateKeyPem, publicJwk, notAfter };
}

/** Returns the resource kind. The clock is a parameter for tests. */
export function makeCertificateKind(now: () => Date = () => new Date()): ResourceKind {
  const due = (state: Values, inputs: Values): boolean => {
    const hours = inputs.renewBeforeHours;
    const notAfter = state.notAfter;
    if (typeof notAfter !== "string" || typeof hours !== "number" || !isDue(notAfter, hours, now())) return false;
    // A leaf that expires together with its issuer gains nothing from a renewal. Its issuer must be renewed first.
    const { issuer } = schema.safeParse(inputs).data ?? {};
    return (
      issuer === undefined || Date.parse(new X509Certificate(issuer.certificatePem).validTo) > Date.parse(notAfter)
    );
  };
  return {
    computedOutputs: ["certificatePem", "chainPem", "privateKeyPem", "publicJwk", "notAfter"],
    secretOutputs: ["privateKeyPem"],
    async check({ news }) {
      return failuresOf(schema, news);
    },
    async diff({ id: _id, olds, news, state, note }) {
      const changes: PropertyChange[] = inputChanges(olds, news, { replacing: ["kind"] });
      if (changes.length === 0 && due(state, news)) {
        note(`the certificate of ${String(news.commonName)} ends ${String(state.notAfter)} and is renewed`);
        changes.push({ path: "notAfter", change: "update", side: "output" });
      }
      return { changes };
    },
    async create({ inputs }) {
      return { id: randomUUID(), computed: await issue(inputs) };
    },
    async read({ state }) {
      const { certificatePem = null, chainPem = null, privateKeyPem = null, publicJwk = null, notAfter = null } = state;
      return { certificatePem, chainPem, privateKeyPem, publicJwk, notAfter };
    },
    async update({ inputs, olds, state }) {
      // A change of the renewal time alone does not affect the existing certificate.
      const meaning = inputChanges(olds, inputs, { ignored: ["renewBeforeHours"] });
      const { certificatePem, chainPem, privateKeyPem, publicJwk, notAfter } = state;
      if (
        meaning.length === 0 &&
        !due(state, inputs) &&
        certificatePem &&
        chainPem &&
        privateKeyPem &&
        publicJwk &&
        notAfter
      ) {
        return { certificatePem, chainPem, privateKeyPem, publicJwk, notAfter };
      }
      const keepsKey = inputs.kind === "authority" && typeof privateKeyPem === "string";
      return issue(inputs, keepsKey ? privateKeyPem : undefined);
    },
    async delete() {},
  };
}

/** `kit:index:Certificate`. */
export const certificateKind = makeCertificateKind();
