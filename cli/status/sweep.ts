/** What the last sweep of a cluster's stores left to people: the sweeper writes it into a ConfigMap. */

import { ConfigMap } from "../../api/builtin.ts";
import { isNotFound } from "../../kubernetes/client.ts";
import { isForbidden } from "../forbidden.ts";
import { platformNamespace, sweepReportName } from "../installation.ts";
import type { Target } from "../target/target.ts";

export interface Sweep {
  /** When it ended, where it says so. */
  finishedAt?: string;
  /** What could not be deleted, and why. */
  failed: { name: string; reason: string }[];
  /** Images that the registry does not delete: its operator has to. */
  purgeUnsupported: string[];
}

/** Undefined when there was none, or when its report may not be read. */
export async function readSweep(target: Target): Promise<Sweep | undefined> {
  if (target.kind === "embedded") return undefined;
  const key = { namespace: platformNamespace, name: sweepReportName };
  const stored = await target.client.get(ConfigMap, key).catch((error: unknown) => {
    if (isForbidden(error) || isNotFound(error)) return undefined;
    throw error;
  });
  return stored === undefined ? undefined : parseSweep(stored);
}

export function parseSweep({ data = {} }: ConfigMap): Sweep | undefined {
  try {
    const { finishedAt, failed = [], purgeUnsupported = [] } = JSON.parse(data["report.json"] ?? "") as Partial<Sweep>;
    return { ...(finishedAt === undefined ? {} : { finishedAt }), failed, purgeUnsupported };
  } catch {
    return undefined;
  }
}
