/**
 * Every error becomes a short text with a non-200 status: Metacontroller puts it into an event of the parent and
 * changes nothing. What a hook did not throw on purpose keeps its details in the log.
 */

import type { ErrorRequestHandler } from "express";
import { HookError } from "../hooks/contract/errors.ts";
import type { Log } from "./log.ts";

interface Failure {
  status: number;
  code: string;
  message: string;
}

function failureOf(error: unknown): Failure {
  if (error instanceof HookError) return error;
  const { type, status, limit } = error as { type?: string; status?: number; limit?: number };
  if (type === "entity.too.large")
    return { status: 413, code: "TooLarge", message: `the body is larger than ${limit} bytes` };
  if (type === "entity.parse.failed") return { status: 400, code: "BadRequest", message: "the body is not JSON" };
  if (status !== undefined && status >= 400 && status < 500)
    return { status, code: "BadRequest", message: "the request cannot be read" };
  return { status: 500, code: "Internal", message: "the hook failed; its log has the details" };
}

export function hookErrors(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, code, message } = failureOf(error);
    if (status >= 500) log.error({ path: request.path, error }, message);
    response.status(status).type("text").send(`${code}: ${message}\n`);
  };
}
