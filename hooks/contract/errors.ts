/**
 * The only error a hook throws on purpose: the server answers with a non-200 and this text, Metacontroller changes
 * nothing and asks again. Everything that a user should see and that leaves the children alone belongs into a
 * condition instead.
 */
export class HookError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 500) {
    super(message);
    this.name = "HookError";
    this.code = code;
    this.status = status;
  }
}

/** The request is not what Metacontroller sends; 400, since asking again with the same bytes cannot help. */
export function badRequest(message: string): HookError {
  return new HookError("BadRequest", message, 400);
}

/** Something that must exist was not sent: the caches behind the request are not filled yet. */
export function notObserved(message: string): HookError {
  return new HookError("NotObserved", message, 503);
}

/** The hook made something that must not leave the house; always a bug. */
export function badChild(message: string): HookError {
  return new HookError("BadChild", message);
}
