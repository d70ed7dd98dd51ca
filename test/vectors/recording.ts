/** Reads a recording of the real Metacontroller (data/README.md has the format) as a list of events. */

import { readFileSync } from "node:fs";
import type { KubernetesObject } from "../../api/resource.ts";
import type { CompositeController } from "../../local/driver/composite-controller.ts";

export type Stored = KubernetesObject & { [field: string]: unknown };
export type Groups = Record<string, Record<string, Stored>>;

export interface HookRequest {
  parent: Stored;
  children?: Groups;
  related?: Groups;
  finalizing?: boolean;
}

export interface HookResponse {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

export interface RecordedWrite {
  verb: string;
  path: string;
  body?: Stored;
  status: number;
}

export interface Exchange {
  /** `<controller>/<hook>`. */
  hook: string;
  /** Undefined when the recording leaves it out. */
  request: HookRequest | undefined;
  response: HookResponse;
  laterResponses: HookResponse[];
  hookCallOffsetsMs: number[];
}

export interface RecordedEvent {
  type: string;
  reason: string;
  regarding: string;
}

/** One thing that the tester did, and all that it caused. */
export interface VectorEvent {
  title: string;
  exchanges: Exchange[];
  writes: RecordedWrite[];
  kubernetesEvents: RecordedEvent[];
  clusterAfter: Stored[] | undefined;
}

export interface Recording {
  title: string;
  controllers: CompositeController[];
  events: VectorEvent[];
}

type Json = unknown;
type Step = Record<string, Json> & { event: string };

export function readRecording(name: string): Recording {
  const text = readFileSync(new URL(`data/${name}.json`, import.meta.url), "utf8");
  const file = JSON.parse(text) as { title: string; objects: Record<string, Stored>; steps: Step[] };
  const resolved = (value: Json) => resolve(value, file.objects);

  const events: VectorEvent[] = [];
  const known = new Map<string, RecordedWrite>();
  for (const step of file.steps) {
    if (step.event !== "follow-up") events.push(newEvent(step.event));
    const event = events.at(-1);
    if (event === undefined) throw new Error(`${name} starts with a follow-up`);
    if (step.request !== null) event.exchanges.push(exchange(step, resolved));
    event.writes.push(...writes(step.writesBefore, resolved, known), ...writes(step.writes, resolved, known));
    event.kubernetesEvents.push(...((step.kubernetesEvents ?? []) as RecordedEvent[]));
    if (step.clusterAfter !== undefined) event.clusterAfter = resolved(step.clusterAfter) as Stored[];
  }
  const controllers = Object.values(file.objects).filter(({ kind }) => kind === "CompositeController");
  return { title: file.title, controllers: controllers as unknown as CompositeController[], events };
}

function newEvent(title: string): VectorEvent {
  return { title, exchanges: [], writes: [], kubernetesEvents: [], clusterAfter: undefined };
}

function exchange(step: Step, resolved: (value: Json) => Json): Exchange {
  return {
    hook: String(step.hook),
    request: typeof step.request === "string" ? undefined : (resolved(step.request) as HookRequest),
    response: step.response as HookResponse,
    laterResponses: (step.laterResponses ?? []) as HookResponse[],
    hookCallOffsetsMs: (step.hookCallOffsetsMs ?? []) as number[],
  };
}

/** Some recordings write a repeated body as "<same as ...>"; `known` remembers the last body of each path. */
function writes(list: Json, resolved: (value: Json) => Json, known: Map<string, RecordedWrite>): RecordedWrite[] {
  if (!Array.isArray(list)) return [];
  return list
    .filter((write) => typeof write === "object")
    .map((write: RecordedWrite) => {
      const key = `${write.verb} ${write.path}`;
      const body = typeof write.body === "string" ? known.get(key)?.body : resolved(write.body);
      const whole = { ...write, body: body as Stored };
      known.set(key, whole);
      return whole;
    });
}

function resolve(value: Json, objects: Record<string, Stored>): Json {
  if (Array.isArray(value)) return value.map((item) => resolve(item, objects));
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value) return objects[String(value.$ref)];
  return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, resolve(part, objects)]));
}
