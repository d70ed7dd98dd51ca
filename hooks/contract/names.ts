/** Names of children: readable, deterministic, and never longer than what Kubernetes allows. */

import { createHash } from "node:crypto";
import { inOrder } from "./order.ts";

/** JSON with sorted keys, so that equal content has equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => inOrder(a, b)))
      : part,
  );
}

/** SHA-256 of any JSON content, hex, cut to `length` characters. */
export function contentHash(value: unknown, length = 10): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, length);
}

/** A UUID made of content: the same content always has the same one (RFC 9562, version 8). */
export function contentUuid(value: unknown): string {
  const hex = contentHash(value, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/**
 * Joins the parts with `-`; what would be longer than `limit` characters is cut and gets a hash of the whole, so that
 * two long names stay two names. The default limit leaves room for what Kubernetes appends to Jobs and Pods.
 */
export function childName(parts: readonly string[], limit = 63): string {
  const whole = parts.join("-");
  if (whole.length <= limit) return whole;
  return `${whole.slice(0, limit - 11).replace(/[-.]+$/, "")}-${contentHash(whole)}`;
}
