/** Rules for paths and modes in inputs. */
import { isAbsolute } from "node:path";
import { z } from "zod";

/** An absolute path. */
export const absolutePath = z
  .string()
  .refine(isAbsolute, { error: (issue) => `must be an absolute path, is ${JSON.stringify(issue.input)}` });

/** Octal permission bits such as `"0600"`. */
export const octalMode = z.string().regex(/^0?[0-7]{3}$/, {
  error: (issue) => `must be octal permission bits such as "0600", is ${JSON.stringify(issue.input)}`,
});
