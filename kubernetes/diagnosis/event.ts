/** Events: what controllers and kubelets say of an object, for an hour or so. */

import type { Event } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";

/** When it was last seen: two recorders with different habits write Events. */
function timeOf({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: Event): number {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp;
  return Date.parse(time ?? "1970-01-01T00:00:00Z");
}

function isAbout({ involvedObject }: Event, { kind, metadata }: KubernetesObject): boolean {
  if (involvedObject.kind !== kind || involvedObject.name !== metadata.name) return false;
  // A namesake of old is another object.
  return involvedObject.uid === undefined || metadata.uid === undefined || involvedObject.uid === metadata.uid;
}

/** Newest first, one of each sort: the same trouble is reported over and over in slightly other words. */
export function newestAbout(events: readonly Event[], object: KubernetesObject): Event[] {
  return newestOfEachSort(events.filter((event) => isAbout(event, object)));
}

export function newestFirst(events: readonly Event[]): Event[] {
  return events.toSorted((a, b) => timeOf(b) - timeOf(a));
}

export function newestOfEachSort(events: readonly Event[]): Event[] {
  const sorted = newestFirst(events);
  return sorted.filter((event, index) => sorted.findIndex((other) => sortOf(other) === sortOf(event)) === index);
}

/** The reason alone says too little: `Failed` is an image that cannot be pulled, and also a container that cannot start. */
function sortOf({ reason, message = "" }: Event): string {
  return [reason, ...message.split(" ", 2)].join(" ");
}
