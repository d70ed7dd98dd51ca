/** Asks for a bearer token. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import { HookError } from "../hooks/contract/errors.ts";

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Lets everybody pass when there is no token. Compares digests: equal lengths, and no time that tells anything.
 * @param token asked anew for each request, since tokens are changed
 */
export function bearer(token: () => string | undefined): RequestHandler {
  return (request, _response, next) => {
    const wanted = token();
    const presented = request.headers.authorization ?? "";
    if (wanted !== undefined && !timingSafeEqual(digest(presented), digest(`Bearer ${wanted}`))) {
      throw new HookError("Unauthorized", "a bearer token is required, and this is not it", 401);
    }
    next();
  };
}
