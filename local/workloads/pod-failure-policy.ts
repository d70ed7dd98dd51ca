/** What the exit of a Job's process means, by the Job's podFailurePolicy and in a real cluster's words. */

import type { Job } from "../../api/builtin.ts";

export type ExitVerdict =
  | { type: "succeeded" }
  /** Counts towards backoffLimit. */
  | { type: "counted" }
  | { type: "ignored" }
  | { type: "failJob"; message: string };

export interface PodExit {
  /** 128 plus the number of the signal for a process that one ended. */
  exitCode: number;
  /** `namespace/name`. */
  pod: string;
  container: string;
}

type Rule = NonNullable<NonNullable<Job["spec"]>["podFailurePolicy"]>["rules"][number];

/** The first rule that matches decides. Rules about Pod conditions never match: there are no Pods to disrupt. */
export function exitVerdict(job: Job, exit: PodExit): ExitVerdict {
  if (exit.exitCode === 0) return { type: "succeeded" };
  const rules: readonly Rule[] = job.spec?.podFailurePolicy?.rules ?? [];
  const index = rules.findIndex((rule) => matches(rule, exit));
  const action = rules[index]?.action;
  if (action === "FailJob") return { type: "failJob", message: failJobMessage(exit, index) };
  return action === "Ignore" ? { type: "ignored" } : { type: "counted" };
}

function matches({ onExitCodes }: Rule, { exitCode, container }: PodExit): boolean {
  if (!onExitCodes) return false;
  const { containerName, operator, values } = onExitCodes;
  if (containerName && containerName !== container) return false;
  return operator === "In" ? values.includes(exitCode) : !values.includes(exitCode);
}

function failJobMessage({ container, pod, exitCode }: PodExit, index: number): string {
  return `Container ${container} for pod ${pod} failed with exit code ${exitCode} matching FailJob rule at index ${index}`;
}
