import * as z from "zod";

const statusSchema = z.object({
  listeners: z
    .array(
      z.object({
        name: z.string(),
        bootstrapServers: z.string().min(1),
        certificates: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

/** Status of a listener, as Strimzi reports it. */
export interface ListenerStatus {
  /** `host:port`. */
  readonly addresses: readonly string[];
  /** Certificates (PEM) of the authority that signed the brokers' certificates. */
  readonly certificates: string;
}

/**
 * Reads a listener from the status of a Kafka resource.
 * @throws {Error} if the status has no such listener: the operator has not reported it yet, or reports it in another
 * format.
 */
export function listenerOf(status: unknown, name: string): ListenerStatus {
  const parsed = statusSchema.safeParse(status ?? {});
  if (!parsed.success)
    throw new Error(
      `The Kafka resource's status cannot be read: ${parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")}.`,
    );
  const listener = parsed.data.listeners.find((candidate) => candidate.name === name);
  if (listener === undefined) {
    const known = parsed.data.listeners.map((candidate) => candidate.name).join(", ");
    throw new Error(
      `The Kafka resource reports no address of the listener "${name}" (it reports: ${known === "" ? "none" : known}). See its status: kubectl get kafka -A -o yaml.`,
    );
  }
  return {
    addresses: listener.bootstrapServers.split(","),
    certificates: listener.certificates.map((certificate) => `${certificate.trimEnd()}\n`).join(""),
  };
}
