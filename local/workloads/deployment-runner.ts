/** Runs Deployments: brings each one's processes to its template, step by step, and tells its status. */

import { isDeepStrictEqual } from "node:util";
import { Deployment } from "../../api/builtin.ts";
import { isNotFound } from "../../kubernetes/client.ts";
import type { ChildExit } from "./child.ts";
import { type Crashes, crashes } from "./crashes.ts";
import { type DeploymentStatus, deploymentStatus, progressDeadline, type StatusInput } from "./deployment-status.ts";
import { endpointSlices, type Workload } from "./endpoint-slices.ts";
import { type RunningInstance, startInstance } from "./instance.ts";
import { prepareLaunch } from "./launch.ts";
import { isRolledOut, type RolloutState, rolloutPlan, servingInstance } from "./rollout.ts";
import { keyOf, ownerOf, type RunnerContext, randomSuffix, sourcesIn } from "./runner-context.ts";
import type { SliceWriter } from "./slice-writer.ts";
import type { StableTemplates } from "./stable-templates.ts";
import { type PodTemplate, templateHash, type Waiting } from "./template.ts";

export interface DeploymentRunner {
  /** One step for the Deployment `namespace/name`. Resolves with the time at which to look again. */
  reconcile(key: string): Promise<number | undefined>;
}

export interface DeploymentContext extends RunnerContext {
  slices: SliceWriter;
  stable: StableTemplates;
  /** Asks for another step. */
  trigger(key: string): void;
}

/** What is known of a Deployment beyond its object. */
interface State {
  key: string;
  uid: string;
  instances: RunningInstance[];
  templates: Map<string, PodTemplate>;
  /** Of the wanted template. */
  hash: string;
  /** Of the last template that served. */
  stable: string | undefined;
  progressedAt: number;
  crashes: Crashes;
  /** Why a template could not be started at the last try. */
  waiting: Map<string, Waiting>;
  told: Waiting | undefined;
  status: DeploymentStatus | undefined;
}

/** What could not be prepared is tried again, beyond the changes that trigger a step: an image may appear. */
const retryPreparationMs = 2_000;

export function deploymentRunner(context: DeploymentContext): DeploymentRunner {
  const states = new Map<string, State>();

  return {
    async reconcile(key) {
      const { namespace, name } = ownerOf(key);
      const deployment = context.observed.deployments.get(namespace, name);
      const known = states.get(key);
      if (known && !isSame(known, deployment)) {
        states.delete(key);
        await tearDown(known, context);
      }
      if (!deployment || deployment.metadata.deletionTimestamp) return undefined;
      const state = states.get(key) ?? (await newState(deployment, context));
      states.set(key, state);
      return step(state, deployment, context);
    },
  };
}

function isSame({ uid }: State, deployment: Deployment | undefined): boolean {
  return deployment?.metadata.uid === uid && !deployment.metadata.deletionTimestamp;
}

async function newState({ metadata, status }: Deployment, context: DeploymentContext): Promise<State> {
  const { uid = "" } = metadata;
  const stable = await context.stable.load(uid);
  const hash = stable && templateHash(stable);
  return {
    key: keyOf(metadata),
    uid,
    instances: [],
    templates: new Map(stable && hash ? [[hash, stable]] : []),
    hash: "",
    stable: hash,
    progressedAt: Date.now(),
    crashes: crashes(context.backoff),
    waiting: new Map(),
    told: undefined,
    status,
  };
}

async function tearDown(state: State, context: DeploymentContext): Promise<void> {
  await context.slices.apply(state.key, []);
  await context.stable.remove(state.uid);
  for (const instance of state.instances) instance.drain();
}

async function step(state: State, deployment: Deployment, context: DeploymentContext): Promise<number | undefined> {
  want(state, deployment);
  await publish(state, deployment, context);
  const plan = rolloutPlan(rolloutState(state, deployment));
  for (const instance of state.instances) if (plan.drain.includes(instance.id)) instance.drain();
  await Promise.all(plan.start.map(({ slot, hash }) => start(state, slot, hash, context)));
  await rememberStable(state, deployment, context);
  return tell(state, deployment, context, plan.wakeAt);
}

function want(state: State, { spec }: Deployment): void {
  const template = spec?.template ?? {};
  const hash = templateHash(template);
  if (hash === state.hash) return;
  state.hash = hash;
  state.templates.set(hash, template);
  state.progressedAt = Date.now();
  state.waiting.clear();
  forgetUnused(state);
}

function forgetUnused(state: State): void {
  const used = [state.hash, state.stable, ...state.instances.map((each) => each.hash)].filter(
    (each) => each !== undefined,
  );
  for (const hash of state.templates.keys()) if (!used.includes(hash)) state.templates.delete(hash);
  state.crashes.keepOnly(used);
}

function rolloutState(state: State, { spec }: Deployment): RolloutState {
  const replicas = spec?.replicas ?? 1;
  return {
    replicas,
    hash: state.hash,
    stable: state.stable,
    surge: surgeOf(spec?.strategy?.rollingUpdate?.maxSurge, replicas),
    instances: state.instances,
    notBefore: state.crashes.notBefore,
    now: Date.now(),
  };
}

/** At least one, since maxUnavailable is always 0 here: an old process ends only when its successor serves. */
function surgeOf(maxSurge: number | string = "25%", replicas: number): number {
  const percent = /^(\d+)%$/.exec(String(maxSurge))?.[1];
  return Math.max(1, percent === undefined ? Number(maxSurge) || 1 : Math.ceil((replicas * Number(percent)) / 100));
}

/** Moves the slots' addresses to what should serve, and notes who is known to routers then. */
async function publish(state: State, { metadata, spec }: Deployment, context: DeploymentContext): Promise<void> {
  const { namespace = "", name } = metadata;
  const slots = Array.from({ length: spec?.replicas ?? 1 }, (_, slot) =>
    servingInstance(state.instances, slot, state.hash),
  );
  const workload: Workload = { namespace, name, labels: spec?.template.metadata?.labels ?? {}, slots };
  await context.slices.apply(state.key, endpointSlices(workload, context.observed.services.list(namespace)));
  for (const instance of slots) if (instance) instance.published = true;
}

async function start(state: State, slot: number, hash: string, context: DeploymentContext): Promise<void> {
  const owner = ownerOf(state.key);
  const template = state.templates.get(hash);
  if (!template) return;
  const id = `${owner.name}-${hash}-${randomSuffix()}`;
  const pod = { namespace: owner.namespace, pod: id };
  const launch = await prepareLaunch(template, pod, sourcesIn(owner.namespace, context.observed), context.launch);
  if ("waiting" in launch) {
    state.waiting.set(hash, launch.waiting);
    return;
  }
  state.waiting.delete(hash);
  const instance = startInstance({
    ...{ id, slot, hash, template, launch },
    processes: context.launch.processes,
    settleMs: context.settleMs,
    onOutput: context.logOf(owner).append,
    onChange() {
      if (hash === state.hash) state.progressedAt = Date.now();
      context.trigger(state.key);
    },
    onExit(ended, exit) {
      noteExit(state, ended, exit);
      context.trigger(state.key);
    },
  });
  state.instances.push(instance);
}

function noteExit(state: State, instance: RunningInstance, exit: ChildExit): void {
  state.instances = state.instances.filter((each) => each !== instance);
  if (instance.phase === "draining") return;
  const now = Date.now();
  const readyForMs = instance.readyAt === undefined ? 0 : now - instance.readyAt;
  state.crashes.add(instance.slot, instance.hash, exit, readyForMs, now);
}

/** A template that serves in every slot is what a failing newer one falls back to. */
async function rememberStable(state: State, deployment: Deployment, context: DeploymentContext): Promise<void> {
  for (const { slot, hash, phase } of state.instances) if (phase === "ready") state.crashes.recovered(slot, hash);
  if (state.stable === state.hash || !isRolledOut(rolloutState(state, deployment))) return;
  const template = state.templates.get(state.hash);
  if (template) await context.stable.save(state.uid, template);
  state.stable = state.hash;
  forgetUnused(state);
}

async function tell(
  state: State,
  deployment: Deployment,
  context: DeploymentContext,
  wakeAt: number | undefined,
): Promise<number | undefined> {
  const trouble = state.waiting.get(state.hash) ?? state.crashes.trouble(state.hash);
  const observed = { ...deployment, ...(state.status ? { status: state.status } : {}) };
  const { progressedAt } = state;
  const input: StatusInput = { ...rolloutState(state, deployment), deployment: observed, trouble, progressedAt };
  await writeStatus(state, deployment, deploymentStatus(input), context);
  if (trouble && trouble.reason !== state.told?.reason) {
    void context.recordEvent(deployment, "Warning", trouble.reason, trouble.message);
  }
  state.told = trouble;

  const times = [
    wakeAt,
    state.waiting.size > 0 ? input.now + retryPreparationMs : undefined,
    isRolledOut(input) || input.now >= progressDeadline(input) ? undefined : progressDeadline(input),
  ].filter((each) => each !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

async function writeStatus(
  state: State,
  deployment: Deployment,
  status: DeploymentStatus,
  { client }: DeploymentContext,
): Promise<void> {
  if (isDeepStrictEqual(state.status, status)) return;
  const { resourceVersion: _any, ...metadata } = deployment.metadata;
  try {
    await client.replaceStatus(Deployment, { ...deployment, metadata, status });
    state.status = status;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
