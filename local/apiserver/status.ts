/** Errors as the Kubernetes API words them: every refusal is a `Status` object. */

import type { Resource } from "../../api/resource.ts";

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Record<string, never>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
  };
  readonly code: number;
}

/** Thrown anywhere while a request is handled; its `status` is the answer. */
export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: Status["details"]) {
    super(message);
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details && { details }),
      code,
    };
  }
}

/** What a message calls an object: `things.example.com "a"`. */
function quoted(resource: Resource, name: string): string {
  return `${qualified(resource.plural, resource.group)} "${name}"`;
}

function qualified(noun: string, group: string): string {
  return group === "" ? noun : `${noun}.${group}`;
}

function detailsOf({ group, plural }: Resource, name: string): NonNullable<Status["details"]> {
  return { ...(name !== "" && { name }), ...(group !== "" && { group }), kind: plural };
}

export function notFound(resource: Resource, name: string): ApiError {
  return new ApiError(404, "NotFound", `${quoted(resource, name)} not found`, detailsOf(resource, name));
}

/** No such path at all, which tells clients that a resource is not served. */
export function pathNotFound(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource", {});
}

export function alreadyExists(resource: Resource, name: string): ApiError {
  return new ApiError(409, "AlreadyExists", `${quoted(resource, name)} already exists`, detailsOf(resource, name));
}

export function conflict(resource: Resource, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${quoted(resource, name)}: ${why}`;
  return new ApiError(409, "Conflict", message, detailsOf(resource, name));
}

export function forbidden(resource: Resource, name: string, why: string): ApiError {
  return new ApiError(403, "Forbidden", `${quoted(resource, name)} is forbidden: ${why}`, detailsOf(resource, name));
}

export function invalid(resource: Resource, name: string, causes: readonly StatusCause[]): ApiError {
  const problems = causes.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  const list = problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`;
  const message = `${qualified(resource.kind, resource.group)} "${name}" is invalid: ${list}`;
  const details = { ...detailsOf(resource, name), kind: resource.kind, causes };
  return new ApiError(422, "Invalid", message, details);
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

export function unauthorized(): ApiError {
  return new ApiError(401, "Unauthorized", "Unauthorized");
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function tooLarge(limit: number): ApiError {
  return new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limit}`);
}

export function unsupportedMediaType(message: string): ApiError {
  return new ApiError(415, "UnsupportedMediaType", message);
}

export function notAcceptable(): ApiError {
  return new ApiError(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/json;stream=watch",
  );
}

/** The client has to list again: what it asks for is no longer, or not yet, in the history. */
export function expired(wanted: number, oldest: number): ApiError {
  return new ApiError(410, "Expired", `too old resource version: ${wanted} (${oldest})`);
}

export function unprocessable(message: string): ApiError {
  return new ApiError(422, "Invalid", message);
}

/** The answer to a deletion that left nothing behind. */
export function deleted({ group, plural }: Resource, name: string, uid: string): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(group !== "" && { group }), kind: plural, uid },
    code: 200,
  };
}
