/** Brings one request to an endpoint: chooses, tries again where that cannot do harm, waits where it may help. */

import type { Agent } from "node:http";
import type { EndpointPools } from "./endpoint-pools.ts";
import type { Endpoint } from "./endpoints.ts";
import type { RefusalCode } from "./refusal.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** One request, whatever its transport. */
export interface Exchange {
  /** Where it should go now; asked again before every attempt. */
  backend(): { key: string; endpoints: readonly Endpoint[] } | undefined;
  attempt(endpoint: Endpoint, agent: Agent): Promise<Outcome>;
  /** Whether the body can still be sent from its start. */
  readonly replayable: boolean;
  /** GET and its like: twice is as good as once (RFC 9110, 9.2.2). */
  readonly idempotent: boolean;
  /** Aborted when the client has left. */
  readonly clientGone: AbortSignal;
}

export type Outcome = { type: "answered" } | Failure;

export interface Failure {
  type: "failed";
  /**
   * How far the request can have come. `unsent`: no connection. `stale`: a kept connection was closed before any byte
   * of an answer, as every server does that ends while it is idle. `sent`: a new connection broke.
   */
  progress: "unsent" | "stale" | "sent";
  refusal: RefusalCode;
}

export interface ForwardLimits {
  /** How long a request may go without an endpoint that accepts it. */
  patienceMs: number;
  /** How often an endpoint that refused connections is asked again. */
  retryMs: number;
}

export interface ForwardContext {
  pools: EndpointPools;
  waiting: WaitingRoom;
  limits: ForwardLimits;
  onRetry(progress: Failure["progress"]): void;
}

/** What became of a request so far. */
interface Course {
  deadline: number;
  /** Endpoints that refused a connection since the last wait. */
  refusedBy: Set<string>;
  brokeConnection: boolean;
  /** What to say when patience ends. */
  refusal: RefusalCode;
}

type Step = "again" | "done" | RefusalCode;

/** `undefined` when the exchange is over: answered, or the client has left. Otherwise what to tell the client. */
export async function forward(exchange: Exchange, context: ForwardContext): Promise<RefusalCode | undefined> {
  const deadline = Date.now() + context.limits.patienceMs;
  const course: Course = { deadline, refusedBy: new Set(), brokeConnection: false, refusal: "no_endpoint" };
  let step: Step = "again";
  while (step === "again" && !exchange.clientGone.aborted) step = await takeStep(exchange, course, context);
  return step === "again" || step === "done" ? undefined : step;
}

function takeStep(exchange: Exchange, course: Course, context: ForwardContext): Step | Promise<Step> {
  const backend = exchange.backend();
  if (!backend) return "no_route";
  const endpoint = context.pools.choose(backend.endpoints.filter(({ key }) => !course.refusedBy.has(key)));
  return endpoint ? ask(endpoint, exchange, course, context) : wait(backend.key, exchange, course, context);
}

async function wait(backend: string, exchange: Exchange, course: Course, context: ForwardContext): Promise<Step> {
  const left = course.deadline - Date.now();
  if (left <= 0) return course.refusal;
  const pause = Math.min(left, context.limits.retryMs);
  if (!(await context.waiting.wait(backend, pause, exchange.clientGone))) return "overloaded";
  course.refusedBy.clear();
  return "again";
}

async function ask(endpoint: Endpoint, exchange: Exchange, course: Course, context: ForwardContext): Promise<Step> {
  const outcome = await context.pools.using(endpoint, (agent) => exchange.attempt(endpoint, agent));
  if (outcome.type === "answered") return "done";
  if (!mayTryAgain(outcome, exchange, course)) return outcome.refusal;

  context.onRetry(outcome.progress);
  course.refusal = outcome.refusal;
  if (outcome.progress === "unsent") course.refusedBy.add(endpoint.key);
  if (outcome.progress === "stale") context.pools.closeIdle(endpoint);
  if (outcome.progress === "sent") course.brokeConnection = true;
  return "again";
}

/** A request that broke a new connection may be what broke it: it gets one more chance, and only if it is idempotent. */
function mayTryAgain({ progress, refusal }: Failure, exchange: Exchange, course: Course): boolean {
  if (!exchange.replayable || Date.now() >= course.deadline) return false;
  if (progress !== "sent") return true;
  return refusal === "endpoint_closed" && exchange.idempotent && !course.brokeConnection;
}

const idempotentMethods = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export function isIdempotent(method: string | undefined): boolean {
  return idempotentMethods.has(method ?? "");
}
