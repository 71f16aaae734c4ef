import { z } from "zod";

/** How a resource is told where and as whom it connects to PostgreSQL; without `caPem` there is no TLS. */
export const connectionSchema = z.object({
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string(),
  caPem: z.string().optional(),
});
