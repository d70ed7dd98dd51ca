/** What is wrong with one container of a pod. */

import type * as core from "kubernetes-types/core/v1.js";
import type { Event, Pod } from "../../api/builtin.ts";
import type { Trouble } from "./cause.ts";
import { pullTrouble } from "./image.ts";

/** Not started yet, which may be because of something that only Events tell, or because nothing is wrong. */
const preparing = new Set(["ContainerCreating", "PodInitializing"]);

export function containerTrouble(container: core.ContainerStatus, pod: Pod, warnings: readonly Event[]): Trouble[] {
  const { name, state, lastState, ready } = container;
  const pull = pullTrouble(container, warnings);
  if (pull !== undefined) return [pull];
  const { reason = "", message = reason } = state?.waiting ?? {};
  if (reason === "CrashLoopBackOff") return [endOf(container, lastState?.terminated, pod, reason)];
  if (reason !== "" && !preparing.has(reason)) {
    return [{ reason, predicate: `cannot start container ${name}: ${message}` }];
  }
  const ended = state?.terminated ?? (ready ? undefined : lastState?.terminated);
  return ended === undefined || ended.exitCode === 0 ? [] : [endOf(container, ended, pod)];
}

function endOf(
  { name, restartCount }: core.ContainerStatus,
  ended: core.ContainerStateTerminated | undefined,
  pod: Pod,
  fallback = "Error",
): Trouble {
  const again = restartCount > 0 ? ` (${restartCount} ${restartCount === 1 ? "restart" : "restarts"})` : "";
  if (ended?.reason === "OOMKilled") {
    const limit = pod.spec?.containers.find((each) => each.name === name)?.resources?.limits?.memory;
    const predicate = `lost container ${name}: it used more memory than its limit${limit ? ` of ${limit}` : ""}${again}`;
    return { reason: "OOMKilled", predicate };
  }
  const words = ended?.message?.trim();
  const end = ended === undefined ? "it ends again and again" : `it ended with exit code ${ended.exitCode}`;
  return { reason: fallback, predicate: `lost container ${name}: ${end}${again}${words ? `: ${words}` : ""}` };
}
