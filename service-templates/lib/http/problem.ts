/** RFC 9457 problem details: every refusal over HTTP has this shape and one of these types. */

/** Types of problem: status, title, and what the client can do. */
export const PROBLEMS = {
  "malformed-request": { status: 400, title: "The request is malformed" },
  "idempotency-key-missing": { status: 400, title: "Idempotency-Key is missing or malformed" },
  unauthenticated: { status: 401, title: "A valid bearer token is required" },
  forbidden: { status: 403, title: "The token does not allow this" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  "request-timeout": { status: 408, title: "The request took too long to arrive" },
  "too-large": { status: 413, title: "The request is too large" },
  "unsupported-media-type": { status: 415, title: "The content type is not supported" },
  unprocessable: { status: 422, title: "The request cannot be accepted" },
  "idempotency-key-reused": { status: 422, title: "Idempotency-Key was used with another request" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "headers-too-large": { status: 431, title: "The request headers are too large" },
  internal: { status: 500, title: "Something went wrong here" },
  "upstream-unavailable": { status: 502, title: "The service behind the gateway is not available" },
  unavailable: { status: 503, title: "Temporarily unavailable" },
  "upstream-timeout": { status: 504, title: "The service behind the gateway did not answer in time" },
} as const;

export type ProblemType = keyof typeof PROBLEMS;

/** One thing that is wrong with the request. */
export interface ProblemDetail {
  /** JSON pointer into the body, or the name of a header or parameter. */
  readonly at: string;
  readonly message: string;
}

/** The document, as `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly ProblemDetail[];
  readonly requestId?: string;
}

/** Thrown by a route to refuse a request. */
export class Problem extends Error {
  readonly problem: ProblemType;
  readonly errors: readonly ProblemDetail[];
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number | undefined;

  constructor(
    problem: ProblemType,
    detail: string,
    options: { errors?: readonly ProblemDetail[]; retryAfter?: number } = {},
  ) {
    super(detail);
    this.name = "Problem";
    this.problem = problem;
    this.errors = options.errors ?? [];
    this.retryAfter = options.retryAfter;
  }
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

export function problemDocument(
  type: ProblemType,
  detail?: string,
  requestId?: string,
  errors: readonly ProblemDetail[] = [],
): ProblemDocument {
  const { status, title } = PROBLEMS[type];
  return {
    type: `urn:event-platform-kit:problem:${type}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
