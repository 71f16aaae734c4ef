import { z } from "zod";

/** Connection of a resource to PostgreSQL: host and user. Without `caPem` the connection has no TLS. */
export const connectionSchema = z.object({
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
  caPem: z.string().optional(),
});
