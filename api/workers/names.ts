/** Names that several parts must agree on without talking to each other: hooks, builder, runtime and API. */

import { createHash } from "node:crypto";

function shortHash(text: string, length = 10): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/** The workerd socket and Service port of a script: a port name has at most 15 characters, a script name up to 63. */
export function socketName(script: string): string {
  return `s-${shortHash(script)}`;
}

/**
 * The prefix of a script's environment variables in the pod that it shares with others. Generated, never composed of
 * the tenant's words: those could spell the name of another script's variable, or one that the dynamic loader obeys
 * (docs/adr/0007-environment-prefixes.md).
 */
export function envPrefix(script: string): string {
  return `WORKER_${shortHash(script)}_`;
}

/** The DNS label of a script: its name where that is one, otherwise a readable mapping with a hash. */
export function hostLabel(script: string): string {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(script) && script.length <= 63) return script;
  const readable = script
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 52);
  return `${readable === "" ? "w" : readable}-${shortHash(script)}`;
}

/** The socket of every worker image that only says whether the process still answers, and its port. */
export const healthSocket = "health";
export const healthPort = 8079;
