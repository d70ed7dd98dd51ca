/** Which images this installation can run, by name. */

import type { Waiting } from "./template.ts";

export type RunnableImage =
  | { type: "program"; name: string }
  | { type: "worker"; account: string; tag: string }
  | { type: "unknown"; waiting: Waiting };

/** @param prefix Of worker images: `<prefix>/<account>:<tag>`. @param programs Names without a tag. */
export function imageOf(reference: string, prefix: string, programs: readonly string[]): RunnableImage {
  const program = programs.find((name) => reference === name || reference.startsWith(`${name}:`));
  if (program !== undefined) return { type: "program", name: program };

  const rest = reference.startsWith(`${prefix}/`) ? reference.slice(prefix.length + 1) : "";
  const [, account, tag] =
    /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?):([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$/.exec(rest) ?? [];
  if (account !== undefined && tag !== undefined) return { type: "worker", account, tag };

  const message =
    `Image ${JSON.stringify(reference)} is not one of this installation: only ${prefix}/<account>:<tag> ` +
    "and the product's own programs run here, as processes without containers";
  return { type: "unknown", waiting: { reason: "ImageNotRunnable", message } };
}
