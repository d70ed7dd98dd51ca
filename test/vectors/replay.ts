/** Replays one event of a recording and waits until the driver has done what the real Metacontroller did. */

import { expect } from "vitest";
import { Job } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { CompositeController } from "../../local/driver/composite-controller.ts";
import { anyTime } from "./identity.ts";
import {
  clusterText,
  concerns,
  type Expectations,
  exchangeFor,
  isNeedless,
  isRequest,
  liveState,
  recordedState,
  writeTexts,
} from "./likeness.ts";
import type { Exchange, HookResponse, RecordedWrite, Recording, Stored, VectorEvent } from "./recording.ts";
import { applyEvent, bumpParent, incarnation, same } from "./tester.ts";
import type { HookCall, World } from "./world.ts";

export interface ReplayOptions extends Expectations {
  /** Instead of making live what the first request shows. */
  action?: ((world: World) => Promise<unknown>) | undefined;
  /** The driver refuses the hook's answer: this `SyncError` is expected, and nothing else of the recording. */
  refused?: RegExp | undefined;
  /** The local API server or its garbage collector is too fast for the requests to be the recorded ones. */
  withoutRequests: boolean;
  /** The recording lists Events here that belong to a later event. */
  withoutEvents: boolean;
  /** Jobs are run by the test, as kube-controller-manager did in the recording. */
  jobStatus: boolean;
}

const timeoutMs = 2_000;
const quietMs = 10;

export async function replay(
  world: World,
  recording: Recording,
  event: VectorEvent,
  options: ReplayOptions,
): Promise<void> {
  const earlier = recording.events.slice(0, recording.events.indexOf(event));
  const calls: HookCall[] = [];
  let reached = -1;
  world.writes.length = 0;
  world.answer = (call) => {
    calls.push(call);
    const { exchange, index } = exchangeFor(world, call, event, earlier, reached);
    reached = Math.max(reached, index);
    return exchange === undefined ? { status: 500, body: "not in the recording" } : timeless(exchange.response);
  };

  await startControllers(world, recording, event);
  const act = options.action ?? (isLeftOut(event) ? bumpParent : (target: World) => applyEvent(target, event));
  await act(world);
  const check = options.refused
    ? () => expectRefusal(world, event, options.refused as RegExp)
    : () => expectLikeness(world, event, earlier.at(-1), calls, options);
  await settled(world, check, () => options.jobStatus && runJobs(world, event, calls));
}

function isLeftOut(event: VectorEvent): boolean {
  return event.exchanges.length > 0 && event.exchanges.every(({ request }) => request === undefined);
}

function timeless(response: HookResponse): HookResponse {
  return JSON.parse(JSON.stringify(response).replaceAll("<time>", anyTime));
}

/** A controller is created with the first event that it takes part in. */
async function startControllers(world: World, { controllers }: Recording, { exchanges }: VectorEvent): Promise<void> {
  for (const controller of controllers) {
    const { name } = controller.metadata;
    if (!exchanges.some(({ hook }) => hook.startsWith(`${name}/`))) continue;
    const existing = await world.client.get(CompositeController, { name });
    if (existing === undefined) await createController(world, controller);
  }
}

export async function createController(world: World, { metadata, ...controller }: CompositeController): Promise<void> {
  const { name, labels } = metadata;
  await world.client.create(CompositeController, { ...controller, metadata: { name, ...(labels && { labels }) } });
  const started = ({ reason, involvedObject }: { reason?: string; involvedObject: { name?: string } }) =>
    (reason === "Started" || reason === "CreateError") && involvedObject.name === name;
  await world.events.waitFor((events) => events.list().some(started), { timeoutMs, what: `controller ${name}` });
}

/** Waits until nothing happens any more and the check holds; then throws what the check throws. */
async function settled(world: World, check: () => void, nudge: () => unknown): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 3));
    if (performance.now() - world.lastActivity() < quietMs) {
      if (performance.now() > deadline) return check();
      continue;
    }
    try {
      return check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await nudge();
    }
  }
}

function expectLikeness(
  world: World,
  event: VectorEvent,
  previous: VectorEvent | undefined,
  calls: HookCall[],
  options: ReplayOptions,
): void {
  if (isLeftOut(event)) {
    expectChildren(world, event);
    return;
  }
  if (!options.withoutRequests) expectLastRequests(world, event, calls);
  if (event.clusterAfter !== undefined) {
    const { live, recorded } = clusterText(world, event, options);
    expect(live, "clusterAfter").toEqual(recorded);
  }
  expectWrites(world, event, previous?.writes ?? [], options);
  expectOrder(world, calls);
  for (const { type, reason, regarding } of options.withoutEvents ? [] : event.kubernetesEvents) {
    if (type === "Warning") expect(eventsOf(world, reason, regarding), `${reason} on ${regarding}`).not.toEqual([]);
  }
}

/** The last exchange of every hook and parent must have happened; how many came before is a matter of timing. */
function expectLastRequests(world: World, event: VectorEvent, calls: HookCall[]): void {
  if (event.exchanges.length === 0) expect(calls.map(({ hook }) => hook)).toEqual([]);
  const lasts = new Map(
    event.exchanges.map((exchange) => [`${exchange.hook} ${exchange.request?.parent.metadata.name}`, exchange]),
  );
  for (const exchange of lasts.values()) {
    const { request } = exchange;
    const mine = calls.filter((call) => concerns(call, exchange));
    expect(mine.length, `calls of ${exchange.hook}`).toBeGreaterThan(0);
    if (request === undefined || mine.some((call) => isRequest(world, call.request, request))) continue;
    expect(liveState(world, mine.at(-1)?.request), `the last request to ${exchange.hook}`).toEqual(
      recordedState(world, request),
    );
  }
}

/** Of an event whose request is left out, the answer tells what it leads to. */
function expectChildren(world: World, { exchanges }: VectorEvent): void {
  const { children = [] } = (exchanges.at(-1)?.response.body ?? {}) as { children?: Stored[] };
  for (const { kind, metadata, data } of children) {
    const live = (world.objects(kind) as Stored[]).find((object) => object.metadata.name === metadata.name);
    expect(live?.data, `${kind} ${metadata.name}`).toEqual(data);
  }
}

/** A retry may still carry out what the event before asked for. */
function expectWrites(world: World, event: VectorEvent, earlier: RecordedWrite[], { absent }: Expectations): void {
  const { normal, recorded } = world.identities;
  const compared = world.writes.filter(({ body }) => !absent.includes(`${body?.kind}/${body?.metadata?.name}`));
  const ours = writeTexts(world.writes, normal);
  const theirs = writeTexts([...earlier, ...event.writes], recorded);
  const needed = writeTexts(
    event.writes.filter((write) => !isNeedless(write, event, recorded)),
    recorded,
  );
  expect(
    [...writeTexts(compared, normal)].filter((write) => !theirs.has(write)),
    "writes that the recording lacks",
  ).toEqual([]);
  expect(
    [...needed].filter((write) => !ours.has(write)),
    "writes that are missing",
  ).toEqual([]);
}

/** Within a sync, deletions come first and the status comes last. */
function expectOrder(world: World, calls: HookCall[]): void {
  if (new Set(calls.map(({ request }) => request.parent.metadata.name)).size !== 1) return;
  const ranks = world.writes.map(({ verb, path }) =>
    path.endsWith("/status") ? "status" : verb === "DELETE" ? "delete" : "write",
  );
  const syncs = ranks.join(" ").split("status");
  for (const sync of syncs) expect(sync.trim()).toMatch(/^((delete|write) ?)*$/);
}

function expectRefusal(world: World, { title }: VectorEvent, message: RegExp): void {
  const messages = world.events
    .list()
    .filter(({ reason }) => reason === "SyncError")
    .map((event) => event.message ?? "");
  expect(
    messages.filter((each) => message.test(each)),
    `refusal of: ${title}`,
  ).not.toEqual([]);
  expect(world.writes).toEqual([]);
}

function eventsOf(world: World, reason: string, regarding: string): KubernetesObject[] {
  return world.events
    .list()
    .filter(
      (event) => event.reason === reason && `${event.involvedObject.kind}/${event.involvedObject.name}` === regarding,
    );
}

/** What the Job controller did between two exchanges: it wrote the status, and deleted Jobs whose time was over. */
async function runJobs(world: World, { exchanges, writes }: VectorEvent, calls: HookCall[]): Promise<void> {
  const seen = ({ request }: Exchange) => request && calls.some((call) => isRequest(world, call.request, request));
  const driverDeletes = writes.some(({ verb }) => verb === "DELETE");
  for (const { request } of exchanges.slice(exchanges.findLastIndex(seen) + 1)) {
    const recorded = Object.values(request?.children?.["Job.batch/v1"] ?? {});
    for (const job of world.objects("Job") as Stored[]) {
      if (await advanceJob(world, job, recorded, driverDeletes)) return;
    }
  }
}

/** Whether there was something to do. */
async function advanceJob(world: World, job: Stored, recorded: Stored[], driverDeletes: boolean): Promise<boolean> {
  const target = recorded.find(({ metadata }) => metadata.name === job.metadata.name);
  const isOver = target === undefined || incarnation(target) > incarnation(world.identities.normal(job) as Stored);
  if (!isOver) return writeJobStatus(world, job, target);
  if (driverDeletes) return false;
  await world.client.delete(Job, job.metadata, { ignoreNotFound: true });
  return true;
}

async function writeJobStatus(world: World, job: Stored, target: Stored): Promise<boolean> {
  if (same(world.identities.recorded(target.status), world.identities.normal(job.status))) return false;
  const { status } = world.identities.live(target);
  await world.client.replaceStatus(Job, { ...job, status } as unknown as Job);
  return true;
}
