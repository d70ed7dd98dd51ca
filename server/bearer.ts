/** Asks for a bearer token. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import { HookError } from "../hooks/contract/errors.ts";

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Lets everybody pass when no token is set. Compares digests: equal lengths, and no time that tells anything. */
export function bearer(token: string | undefined): RequestHandler {
  const wanted = token === undefined ? undefined : digest(`Bearer ${token}`);
  return (request, _response, next) => {
    if (wanted !== undefined && !timingSafeEqual(digest(request.headers.authorization ?? ""), wanted)) {
      throw new HookError("Unauthorized", "a bearer token is required, and this is not it", 401);
    }
    next();
  };
}
