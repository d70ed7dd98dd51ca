/** What the runner knows of a Deployment beyond its object, and how that changes. */

import type { Deployment } from "../../api/builtin.ts";
import type { ChildExit } from "./child.ts";
import { type Crashes, crashes } from "./crashes.ts";
import type { DeploymentStatus } from "./deployment-status.ts";
import type { RunningInstance } from "./instance.ts";
import { isRolledOut, type RolloutState } from "./rollout.ts";
import { keyOf, type RunnerContext } from "./runner-context.ts";
import type { SliceWriter } from "./slice-writer.ts";
import type { StableTemplates } from "./stable-templates.ts";
import { type PodTemplate, templateHash, type Waiting } from "./template.ts";

export interface DeploymentContext extends RunnerContext {
  slices: SliceWriter;
  stable: StableTemplates;
  /** Asks for another step. */
  trigger(key: string): void;
}

export interface DeploymentState {
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

export async function newState({ metadata, status }: Deployment, context: DeploymentContext): Promise<DeploymentState> {
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

/** Takes notice of the template that the object asks for. */
export function want(state: DeploymentState, { spec }: Deployment): void {
  const template = spec?.template ?? {};
  const hash = templateHash(template);
  if (hash === state.hash) return;
  state.hash = hash;
  state.templates.set(hash, template);
  state.progressedAt = Date.now();
  state.waiting.clear();
  forgetUnused(state);
}

function forgetUnused(state: DeploymentState): void {
  const used = [state.hash, state.stable, ...state.instances.map((each) => each.hash)].filter(
    (each) => each !== undefined,
  );
  for (const hash of state.templates.keys()) if (!used.includes(hash)) state.templates.delete(hash);
  state.crashes.keepOnly(used);
}

export function rolloutState(state: DeploymentState, { spec }: Deployment): RolloutState {
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

/** A process that was told to end did not crash. */
export function noteExit(state: DeploymentState, instance: RunningInstance, exit: ChildExit): void {
  state.instances = state.instances.filter((each) => each !== instance);
  if (instance.phase === "draining") return;
  const now = Date.now();
  const readyForMs = instance.readyAt === undefined ? 0 : now - instance.readyAt;
  state.crashes.add(instance.slot, instance.hash, exit, readyForMs, now);
}

/** A template that serves in every slot is what a failing newer one falls back to. */
export async function rememberStable(
  state: DeploymentState,
  deployment: Deployment,
  context: DeploymentContext,
): Promise<void> {
  for (const { slot, hash, phase } of state.instances) if (phase === "ready") state.crashes.recovered(slot, hash);
  if (state.stable === state.hash || !isRolledOut(rolloutState(state, deployment))) return;
  const template = state.templates.get(state.hash);
  if (template) await context.stable.save(state.uid, template);
  state.stable = state.hash;
  forgetUnused(state);
}
