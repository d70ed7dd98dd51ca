/** Kubernetes Events: what users see of the driver in `kubectl describe`. */

import { randomBytes } from "node:crypto";
import { Event } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { isTemporary, type KubernetesClient, KubernetesError } from "../../kubernetes/client.ts";
import type { Log } from "./log.ts";

export interface EventRecorder {
  /**
   * Returns at once. Repetitions of an event raise its count, written at most once a second. What the API server
   * refuses, such as an event of a namespace that is gone, is forgotten.
   */
  record(regarding: KubernetesObject, type: "Normal" | "Warning", reason: string, message: string): void;
  /** Writes what is still to be written. */
  close(): Promise<void>;
}

export interface RecorderOptions {
  client: KubernetesClient;
  log: Log;
  now: () => Date;
}

interface Entry {
  event: Event;
  written: number;
  writing: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
}

const pauseMs = 1_000;
/** Older entries are forgotten: a repetition then makes a new Event. */
const remembered = 1_000;
/** The API server's limit. */
const longestMessage = 1_024;

export function eventRecorder({ client, log, now }: RecorderOptions): EventRecorder {
  const entries = new Map<string, Entry>();

  function record(regarding: KubernetesObject, type: "Normal" | "Warning", reason: string, message: string): void {
    const key = [regarding.metadata.uid, regarding.metadata.name, type, reason, message].join("\n");
    const entry = entries.get(key) ?? newEntry(newEvent(regarding, type, reason, message, now()));
    entries.delete(key); // the newest last
    entries.set(key, entry);
    entry.event = { ...entry.event, count: (entry.event.count ?? 0) + 1, lastTimestamp: timestamp(now()) };
    for (const [oldest] of entries) if (entries.size > remembered) entries.delete(oldest);
    if (entry.writing === undefined && entry.timer === undefined) flush(key, entry);
  }

  function flush(key: string, entry: Entry): void {
    entry.timer = undefined;
    entry.writing = attempt(entry).then((isRefused) => {
      entry.writing = undefined;
      if (isRefused) return void entries.delete(key);
      entry.timer = setTimeout(() => {
        entry.timer = undefined;
        if (isBehind(entry)) flush(key, entry);
      }, pauseMs).unref();
    });
  }

  /** Never rejects. Resolves with whether the API server will not have it, however often it is tried. */
  async function attempt(entry: Entry): Promise<boolean> {
    try {
      await write(entry);
      return false;
    } catch (error) {
      log("warn", "cannot write an Event", { err: error });
      return error instanceof KubernetesError && !isTemporary(error);
    }
  }

  async function write(entry: Entry): Promise<void> {
    const { event } = entry;
    const { count = 1, lastTimestamp } = event;
    if (entry.written === 0) await client.create(Event, event);
    else await client.mergePatch(Event, event.metadata, { count, ...(lastTimestamp && { lastTimestamp }) });
    entry.written = count;
  }

  return {
    record,
    async close() {
      for (const entry of entries.values()) {
        await entry.writing;
        clearTimeout(entry.timer);
        if (isBehind(entry)) await attempt(entry);
      }
    },
  };
}

function newEntry(event: Event): Entry {
  return { event, written: 0, writing: undefined, timer: undefined };
}

function isBehind({ event, written }: Entry): boolean {
  return (event.count ?? 0) > written;
}

function newEvent(regarding: KubernetesObject, type: string, reason: string, text: string, now: Date): Event {
  const { namespace = "default", name } = regarding.metadata;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace },
    involvedObject: reference(regarding),
    type,
    reason,
    message: text.slice(0, longestMessage),
    source: { component: "metacontroller" },
    firstTimestamp: timestamp(now),
    lastTimestamp: timestamp(now),
    count: 0,
  };
}

function reference({ apiVersion, kind, metadata }: KubernetesObject): Event["involvedObject"] {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}

/** Whole seconds, as the API server stores them. */
function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
