/** What keeps one pod from running: its own conditions, its containers' states, and what Events say beside them. */

import type * as core from "kubernetes-types/core/v1.js";
import type { Event, Pod } from "../../api/builtin.ts";
import type { Finding, Trouble } from "./cause.ts";
import { containerTrouble } from "./container.ts";
import { hasFailed } from "./controller.ts";
import { newestAbout, newestOfEachSort } from "./event.ts";
import { failedPull, pullTrouble } from "./image.ts";
import type { Workload } from "./workload.ts";

/** Most specific first; empty for a pod that is ready, has done its work, or is on its way out. */
export function podFindings(pod: Pod, events: readonly Event[]): Finding[] {
  if (isFine(pod)) return [];
  const { status, metadata } = pod;
  const warnings = newestAbout(events, pod);
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const troubles = [
    ...evictionOf(pod),
    ...schedulingTrouble(pod, warnings),
    ...(hasStarted(containers) ? [] : preparationTroubles(warnings)),
    ...containers.flatMap((container) => containerTrouble(container, pod, warnings)),
    ...pullSecretTroubles(containers, warnings),
    ...(hasStarted(containers) ? warnings.flatMap(probeTrouble) : []),
  ];
  return troubles.map((trouble) => ({ kind: "Pod", name: metadata.name, ...trouble }));
}

/** What Events say of pods that are gone, such as those of a Job that ran out of time, or that may not be read. */
export function orphanFindings({ target, job, pods, knowsPods, events }: Workload): Finding[] {
  if (knowsPods && !(hasFailed(job) && pods.length === 0)) return [];
  const isPodName = podNames(target);
  const about = events.filter(({ involvedObject: { kind, name = "" } }) => kind === "Pod" && isPodName.test(name));
  return newestOfEachSort(about).flatMap((event) => {
    const name = event.involvedObject.name ?? "";
    return troubleIn(event).map(({ reason, predicate }) => ({ kind: "Pod", name, reason, predicate }));
  });
}

function troubleIn(event: Event): Trouble[] {
  const pull = failedPull(event);
  return [
    ...scheduling(event),
    ...preparationTrouble(event),
    ...(pull === undefined ? [] : [pull]),
    ...probeTrouble(event),
  ];
}

/** Controllers put random characters, or a number, behind their own name. */
function podNames({ kind, name }: Workload["target"]): RegExp {
  const random = "[a-z0-9]{5}";
  const suffixes = { Job: `-${random}`, Deployment: `-[a-z0-9]{1,10}-${random}`, StatefulSet: "-\\d+", Pod: "" };
  return new RegExp(`^${name.replaceAll(".", "\\.")}${suffixes[kind]}$`);
}

function isFine({ status, metadata }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined || status?.phase === "Succeeded") return true;
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Volumes and sandbox are only needed for the first start; later, their old warnings mean nothing. */
function hasStarted(containers: readonly core.ContainerStatus[]): boolean {
  return containers.some(({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated);
}

function evictionOf({ status }: Pod): Trouble[] {
  if (status?.reason === undefined) return [];
  return [{ reason: status.reason, predicate: `was stopped: ${status.message ?? status.reason}` }];
}

function schedulingTrouble({ status }: Pod, warnings: readonly Event[]): Trouble[] {
  const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (condition?.status === "True") return [];
  if (condition?.reason === "Unschedulable" && condition.message !== undefined)
    return [{ reason: condition.reason, predicate: `cannot be scheduled: ${condition.message}` }];
  return warnings.flatMap(scheduling);
}

function scheduling({ reason, message }: Event): Trouble[] {
  return reason === "FailedScheduling" ? [{ reason, predicate: `cannot be scheduled: ${message ?? ""}` }] : [];
}

/** That some volume is not mounted in time is news only where nobody says which one and why. */
function preparationTroubles(warnings: readonly Event[]): Trouble[] {
  const isVague = ({ message = "" }: Event) => message.startsWith("Unable to attach or mount volumes");
  const precise = warnings.filter((event) => !isVague(event)).flatMap(preparationTrouble);
  return precise.length > 0 ? precise : warnings.flatMap(preparationTrouble);
}

function preparationTrouble({ reason = "", message = "" }: Event): Trouble[] {
  switch (reason) {
    case "FailedMount":
    case "FailedAttachVolume":
    case "FailedMapVolume":
      return [{ reason, predicate: `cannot mount ${mountWords(message)}` }];
    case "FailedCreatePodSandBox":
    case "FailedPrepareDynamicResources":
    case "NetworkNotReady":
      return [{ reason, predicate: `cannot be prepared: ${message}` }];
    default:
      return [];
  }
}

function mountWords(message: string): string {
  const [, volume, why] = /^\w+\.\w+ failed for volume ("[^"]*") : (.*)$/s.exec(message) ?? [];
  return volume === undefined ? `its volumes: ${message}` : `volume ${volume}: ${why}`;
}

/** A hint at why a pull is refused, and none at all where nothing is. */
function pullSecretTroubles(containers: readonly core.ContainerStatus[], warnings: readonly Event[]): Trouble[] {
  if (!containers.some((container) => pullTrouble(container, warnings))) return [];
  return warnings
    .filter(({ reason }) => reason === "FailedToRetrieveImagePullSecret")
    .map(({ reason = "", message }) => ({ reason, predicate: `lacks a pull secret: ${message ?? ""}` }));
}

function probeTrouble({ reason, message }: Event): Trouble[] {
  return reason === "Unhealthy" ? [{ reason, predicate: `is not ready: ${message ?? ""}` }] : [];
}
