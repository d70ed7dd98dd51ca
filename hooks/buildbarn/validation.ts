/** The rules of the kinds, for API servers that store what breaks them. */

import type { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import type { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import {
  childNameRule,
  claimRule,
  configShardsRule,
  expressionRule,
  prefixesRule,
  propertyRule,
  timeoutRule,
} from "../../api/buildbarn/rules.ts";
import type { Authorizer } from "../../api/buildbarn/trust.ts";
import { scalingRule, tolerationRule } from "../../api/pod.ts";
import type { Rule } from "../../api/schema.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { type Component, ownConfigMap } from "./kinds.ts";

/** Whether a rule holds for what is at `path`. */
interface Check {
  path: string;
  rule: Rule;
  holds: boolean;
}

function verdictOn(checks: readonly Check[]): Verdict | undefined {
  const broken = checks.filter(({ holds }) => !holds).map(({ path, rule }) => `${path}: ${rule.message}`);
  return broken.length === 0 ? undefined : no("InvalidSpec", broken.join("; "));
}

/** A name that children cannot have: it never changes, so there are none. */
export function invalidName({ metadata: { name } }: Component): Verdict | undefined {
  const holds = name.length <= 52 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name);
  return verdictOn([{ path: "metadata.name", rule: childNameRule, holds }]);
}

export function invalidSpec(component: Component): Verdict | undefined {
  return verdictOn([...commonChecks(component), ...authChecks(component), ...ownChecks(component)]);
}

function commonChecks(component: Component): Check[] {
  const tolerations = component.spec.tolerations ?? [];
  return tolerations.map(({ key, operator }, index) => ({
    path: `spec.tolerations[${index}]`,
    rule: tolerationRule,
    holds: key !== undefined || operator === "Exists",
  }));
}

function authChecks({ spec }: Component): Check[] {
  const auth = (("auth" in spec ? spec.auth : undefined) ?? {}) as Record<string, Authorizer>;
  return Object.entries(auth).flatMap(([right, { policy, instanceNamePrefixes, expression }]) => {
    const path = `spec.auth.${right}`;
    const hasPrefixes = instanceNamePrefixes !== undefined;
    return [
      { path, rule: prefixesRule, holds: (policy === "InstanceNamePrefixes") === hasPrefixes },
      { path, rule: expressionRule, holds: (policy === "Expression") === (expression !== undefined) },
    ];
  });
}

function ownChecks(component: Component): Check[] {
  if (component.kind === "BuildbarnStorage") return storageChecks(component);
  const { configShards } = component.spec;
  const hasMap = ownConfigMap(component) !== undefined;
  const shards = { path: "spec", rule: configShardsRule, holds: configShards === undefined || hasMap };
  if (component.kind === "BuildbarnWorker") return [shards, ...workerChecks(component)];
  if (component.kind !== "BuildbarnScheduler") return [shards];
  const { defaultExecutionTimeoutSeconds, maximumExecutionTimeoutSeconds } = component.spec;
  const holds = defaultExecutionTimeoutSeconds <= maximumExecutionTimeoutSeconds;
  return [shards, { path: "spec", rule: timeoutRule, holds }];
}

function isUnique(keys: readonly string[]): boolean {
  return new Set(keys).size === keys.length;
}

/** Sizes are not among these: only claims tell which one counts (volumeTooSmall). */
function storageChecks({ spec: { volumeClaimTemplates = [] } }: BuildbarnStorage): Check[] {
  const holds = isUnique(volumeClaimTemplates.map(({ metadata }) => metadata.name));
  return [{ path: "spec.volumeClaimTemplates", rule: claimRule, holds }];
}

function workerChecks({ spec: { platform = [], autoscaling } }: BuildbarnWorker): Check[] {
  const keys = platform.map(({ name, value }) => JSON.stringify([name, value]));
  return [
    { path: "spec.platform", rule: propertyRule, holds: isUnique(keys) },
    {
      path: "spec.autoscaling",
      rule: scalingRule,
      holds: autoscaling === undefined || autoscaling.minReplicas <= autoscaling.maxReplicas,
    },
  ];
}
