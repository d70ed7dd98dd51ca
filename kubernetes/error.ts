/** What the API server says when it refuses a request: a `Status` object, or the nearest thing to one. */

/** The parts of a `Status` object that explain a refusal. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  retryAfterSeconds?: number;
  causes?: { reason?: string; message?: string; field?: string }[];
}

/**
 * A request that did not succeed.
 *
 * `status` is the HTTP status, or 0 when no answer came; `reason` is the API server's machine-readable word
 * (`Conflict`, `AlreadyExists`, `NotFound`, `Invalid` ...), or `Timeout` / `Unreachable` for status 0.
 */
export class KubernetesError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly details: StatusDetails;

  constructor(status: number, reason: string, message: string, details: StatusDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "KubernetesError";
    this.status = status;
    this.reason = reason;
    this.details = details;
  }
}

/** The object is not at the resourceVersion (or UID) that the request named. */
export function isConflict(error: unknown): error is KubernetesError {
  return hasReason(error, "Conflict");
}

/** An object of that name exists. The API server answers 409 to this, too. */
export function isAlreadyExists(error: unknown): error is KubernetesError {
  return hasReason(error, "AlreadyExists");
}

export function isNotFound(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && error.status === 404;
}

/** The object breaks its schema or a rule of its kind; the message names the field. */
export function isInvalid(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && error.status === 422;
}

/** A list or watch started from a resourceVersion that the API server no longer has. */
export function isExpired(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && error.status === 410;
}

/** There was no answer, or one that a later attempt may not get: too many requests, a server in trouble. */
export function isTemporary({ status }: KubernetesError): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function hasReason(error: unknown, reason: string): error is KubernetesError {
  return error instanceof KubernetesError && error.reason === reason;
}

/** Reads a `Status` object; anything else (a proxy's HTML page) becomes a reason made from the HTTP status. */
export function errorFromBody(status: number, body: string): KubernetesError {
  const parsed = parseStatus(body);
  if (parsed === undefined) return new KubernetesError(status, `Http${status}`, firstLine(body) || `HTTP ${status}`);
  return errorFromStatus(status, parsed);
}

interface Status {
  kind: "Status";
  message?: string;
  reason?: string;
  code?: number;
  details?: StatusDetails;
}

/** `fallback` is used when the object has no code of its own. */
export function errorFromStatus(fallback: number, status: Status): KubernetesError {
  const code = status.code ?? fallback;
  const reason = status.reason || `Http${code}`;
  return new KubernetesError(code, reason, status.message || reason, status.details);
}

export function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0]?.slice(0, 200) ?? "";
}
