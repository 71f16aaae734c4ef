/** A document attached to an order. It is checked here, stored outside the order, and published in order.created. */
import { createHash } from "node:crypto";
import type { ProblemDetail } from "@event-platform-kit/service/http/problem";

/** Largest document in bytes; the claimCheck of order.created in topics/order.yaml allows the same size. */
export const LARGEST_ATTACHMENT = 5 * 2 ** 20;

/** The attachment as the customer sends it. */
export interface AttachmentBody {
  readonly name: string;
  readonly mediaType: string;
  /** Base64 (RFC 4648, with padding). */
  readonly data: string;
}

/** The attachment's data that the order stores. */
export interface Attachment {
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** A document with its content. */
export interface Document {
  readonly attachment: Attachment;
  readonly data: Buffer;
}

/** Returns the document, or the problem with it. */
export function readAttachment({
  name,
  mediaType,
  data,
}: AttachmentBody): { readonly document: Document } | { readonly errors: readonly ProblemDetail[] } {
  const errors: ProblemDetail[] = [];
  if (!name.isWellFormed() || /[\p{Cc}/\\]/u.test(name) || /^\.*$/u.test(name.trim()))
    errors.push({ at: "/attachment/name", message: "is blank, or has slashes, control characters or broken Unicode" });
  const content = Buffer.from(data, "base64");
  // Node skips characters that are not base64; encoding the result again shows whether there were any.
  if (content.toString("base64") !== data)
    errors.push({ at: "/attachment/data", message: "is not base64 with padding" });
  else if (content.length === 0) errors.push({ at: "/attachment/data", message: "is empty" });
  else if (content.length > LARGEST_ATTACHMENT)
    errors.push({
      at: "/attachment/data",
      message: `has ${content.length} bytes, at most ${LARGEST_ATTACHMENT} are taken`,
    });
  if (errors.length > 0) return { errors };
  return {
    document: {
      attachment: { name, mediaType, size: content.length, sha256: createHash("sha256").update(content).digest("hex") },
      data: content,
    },
  };
}
