/** What a Deployment's object says of its processes: status and Events. */

import { isDeepStrictEqual } from "node:util";
import { Deployment } from "../../api/builtin.ts";
import { isNotFound } from "../../kubernetes/client.ts";
import { type DeploymentContext, type DeploymentState, rolloutState } from "./deployment-state.ts";
import { type DeploymentStatus, deploymentStatus, progressDeadline, type StatusInput } from "./deployment-status.ts";
import { isRolledOut } from "./rollout.ts";

/** What could not be prepared is tried again, beyond the changes that trigger a step: an image may appear. */
const retryPreparationMs = 2_000;

/**
 * @param wakeAt when the rollout wants to go on by itself
 * @returns when to look again
 */
export async function tell(
  state: DeploymentState,
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
  state: DeploymentState,
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
