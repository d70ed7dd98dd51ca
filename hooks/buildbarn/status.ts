/** What every component says of itself: conditions, and the original's fields. */

import { conditionOf, no, type Verdict, type Verdicts, yes } from "../contract/conditions.ts";
import type { Observed } from "../contract/observed.ts";
import type { Rollout, Workload } from "../kube/rollout.ts";
import type { Component } from "./kinds.ts";
import type { NoPlan, Plan } from "./plan.ts";

/** Since when a rollout has been under way: longer than that something else was, shards that move for example. */
export function rollingSince({ parent, now }: Observed<Component>): string {
  const progressing = conditionOf(parent, "Progressing");
  const ready = conditionOf(parent, "Ready");
  if (progressing?.status !== "True" || ready === undefined || ready.status === "True") return now;
  const [first, second] = [progressing.lastTransitionTime, ready.lastTransitionTime];
  return Date.parse(first) > Date.parse(second) ? first : second;
}

export interface Facts {
  plan: Plan | NoPlan;
  rollout: Rollout;
  workload: Workload | undefined;
  /** What is not as it should be although pods run. */
  complaints?: readonly (Verdict | undefined)[];
  /** What is still under way although pods run. */
  underWay?: Verdict | undefined;
}

/** What waits for its turn is under way, and nothing is wrong with it. */
function degraded({ plan, rollout, complaints = [] }: Facts): Verdict {
  const failure = rollout.phase === "Failed" ? rollout.verdict : undefined;
  const problem = plan.problem?.status === "Unknown" ? undefined : plan.problem;
  const wrong = [problem, failure, ...complaints].filter((verdict) => verdict !== undefined);
  const [first] = wrong;
  if (first === undefined) return no("AsExpected", "nothing is wrong");
  return yes(first.reason, wrong.map(({ message }) => message).join("; "));
}

/** Where nothing can be made yet: the rollout is as far as its cause. */
export function notStarted({ problem }: NoPlan): Rollout {
  return { phase: "NotStarted", verdict: problem };
}

const settled = no("Settled", "nothing is under way");

function isUnderWay({ phase }: Rollout): boolean {
  return phase === "Missing" || phase === "Pending" || phase === "Rolling";
}

function progressing({ rollout, plan, underWay }: Facts): Verdict {
  if (isUnderWay(rollout)) return yes(rollout.verdict.reason, rollout.verdict.message);
  if (underWay !== undefined) return yes(underWay.reason, underWay.message);
  if (plan.problem?.status === "Unknown") return yes(plan.problem.reason, plan.problem.message);
  return settled;
}

export function conditionsOf(facts: Facts): Verdicts & { Ready: Verdict } {
  const { plan, rollout } = facts;
  return {
    Ready: plan.problem ?? rollout.verdict,
    Progressing: progressing(facts),
    Degraded: degraded(facts),
  };
}

/** The original's words: `NotFound` where the Deployment or StatefulSet is missing. */
export function componentStatusOf({ spec }: Component, facts: Facts) {
  const { workload, plan } = facts;
  const isReady = conditionsOf(facts).Ready.status === "True";
  const found = isReady ? "Ready" : "NotReady";
  return {
    state: workload === undefined ? "NotFound" : found,
    replicas: workload?.status?.replicas ?? 0,
    readyReplicas: workload?.status?.readyReplicas ?? 0,
    version: spec.version,
    configMap: plan.ingredients?.configMap,
  };
}

/** What a component answers that may not have the name that it has. */
export function refused(refusal: Verdict) {
  return {
    children: [],
    status: { state: "NotFound", replicas: 0, readyReplicas: 0 },
    conditions: { Ready: refusal, Progressing: settled, Degraded: yes(refusal.reason, refusal.message) },
  };
}
