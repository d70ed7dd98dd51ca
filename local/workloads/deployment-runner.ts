/** Runs Deployments: brings each one's processes to its template, step by step, and tells its status. */

import type { Deployment } from "../../api/builtin.ts";
import { tell } from "./deployment-report.ts";
import {
  type DeploymentContext,
  type DeploymentState,
  newState,
  noteExit,
  rememberStable,
  rolloutState,
  want,
} from "./deployment-state.ts";
import { endpointSlices, type Workload } from "./endpoint-slices.ts";
import { startInstance } from "./instance.ts";
import { prepareLaunch } from "./launch.ts";
import { rolloutPlan, servingInstance } from "./rollout.ts";
import { ownerOf, randomSuffix, sourcesIn } from "./runner-context.ts";

export interface DeploymentRunner {
  /** One step for the Deployment `namespace/name`. Resolves with the time at which to look again. */
  reconcile(key: string): Promise<number | undefined>;
}

export function deploymentRunner(context: DeploymentContext): DeploymentRunner {
  const states = new Map<string, DeploymentState>();

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

function isSame({ uid }: DeploymentState, deployment: Deployment | undefined): boolean {
  return deployment?.metadata.uid === uid && !deployment.metadata.deletionTimestamp;
}

async function tearDown(state: DeploymentState, context: DeploymentContext): Promise<void> {
  await context.slices.apply(state.key, []);
  await context.stable.remove(state.uid);
  for (const instance of state.instances) instance.drain();
}

async function step(
  state: DeploymentState,
  deployment: Deployment,
  context: DeploymentContext,
): Promise<number | undefined> {
  want(state, deployment);
  await publish(state, deployment, context);
  const plan = rolloutPlan(rolloutState(state, deployment));
  for (const instance of state.instances) if (plan.drain.includes(instance.id)) instance.drain();
  await Promise.all(plan.start.map(({ slot, hash }) => start(state, slot, hash, context)));
  await rememberStable(state, deployment, context);
  return tell(state, deployment, context, plan.wakeAt);
}

/** Moves the slots' addresses to what should serve, and notes who is known to routers then. */
async function publish(
  state: DeploymentState,
  { metadata, spec }: Deployment,
  context: DeploymentContext,
): Promise<void> {
  const { namespace = "", name } = metadata;
  const slots = Array.from({ length: spec?.replicas ?? 1 }, (_, slot) =>
    servingInstance(state.instances, slot, state.hash),
  );
  const workload: Workload = { namespace, name, labels: spec?.template.metadata?.labels ?? {}, slots };
  await context.slices.apply(state.key, endpointSlices(workload, context.observed.services.list(namespace)));
  for (const instance of slots) if (instance) instance.published = true;
}

async function start(state: DeploymentState, slot: number, hash: string, context: DeploymentContext): Promise<void> {
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
