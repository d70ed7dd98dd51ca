/** Calls a composite's functions for one request: parse, observe, decide, check, answer. */

import type { KubernetesObject } from "../../api/resource.ts";
import { apiVersionOf } from "../../api/resource.ts";
import { cleanChild } from "./clean.ts";
import type { ChildRule, Composite } from "./composite.ts";
import { conditions, type Verdicts } from "./conditions.ts";
import { badChild } from "./errors.ts";
import { type Observed, observe } from "./observed.ts";
import { childMissing, missingChildResyncSeconds, pendingChildren } from "./pending.ts";
import { type CustomizeResponse, parseParent, parseSyncRequest, type SyncResponse } from "./wire.ts";

function ruleOf(child: KubernetesObject, rules: readonly ChildRule[]): ChildRule {
  const rule = rules.find(({ kind }) => kind.kind === child.kind && apiVersionOf(kind) === child.apiVersion);
  if (rule === undefined) throw badChild(`${child.apiVersion} ${child.kind} is not declared as a child kind`);
  return rule;
}

function isCustom({ kind }: ChildRule): boolean {
  return "columns" in kind;
}

function checkedChildren(children: readonly KubernetesObject[], composite: Composite, namespace: string | undefined) {
  const seen = new Set<string>();
  return children.map((child) => {
    const rule = ruleOf(child, composite.children);
    const cleaned = cleanChild(child, { namespace, custom: isCustom(rule) });
    const key = `${child.kind}/${child.metadata.name}`;
    if (seen.has(key)) throw badChild(`${key} is listed twice`);
    seen.add(key);
    return cleaned;
  });
}

function withoutUndefined(status: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(status)) as Record<string, unknown>;
}

function earliest(...seconds: (number | undefined)[]): number | undefined {
  const known = seconds.filter((value): value is number => value !== undefined && value > 0);
  return known.length === 0 ? undefined : Math.min(...known);
}

/**
 * Answers a sync request. `body` is the parsed JSON of the request, `now` an RFC 3339 time in whole seconds.
 * Throws HookError: BadRequest (400) for a request that is none, BadChild (500) for an answer that must not be sent.
 */
export function runSync<Settings>(
  composite: Composite<KubernetesObject, Settings>,
  body: unknown,
  settings: Settings,
  now: string,
): SyncResponse {
  const observed: Observed = observe(parseSyncRequest(body), now);
  const { parent } = observed;

  const answer = composite.sync(observed, settings);
  const children = checkedChildren(answer.children, composite as Composite, parent.metadata.namespace);

  const pending = pendingChildren(observed, children);
  const missing = childMissing(pending, now);
  const verdicts: Verdicts = missing === undefined ? answer.conditions : { ...answer.conditions, Ready: missing };
  const resyncAfterSeconds = earliest(
    answer.resyncAfterSeconds,
    pending.length === 0 ? undefined : missingChildResyncSeconds,
  );

  return {
    status: withoutUndefined({
      ...(answer.status as Record<string, unknown>),
      observedGeneration: parent.metadata.generation,
      conditions: conditions(parent, verdicts, now),
      pendingChildren: pending.length === 0 ? undefined : pending,
    }),
    children,
    ...(resyncAfterSeconds === undefined ? {} : { resyncAfterSeconds }),
  };
}

/** Answers a customize request: the answer is cached by the parent's generation, so it may depend on nothing else. */
export function runCustomize<Settings>(
  composite: Composite<KubernetesObject, Settings>,
  body: unknown,
): CustomizeResponse {
  return { relatedResources: composite.customize?.(parseParent(body)) ?? [] };
}
