/** Calls a composite's functions for one request: parse, observe, decide, check, answer. */

import type { KubernetesObject } from "../../api/resource.ts";
import { apiVersionOf } from "../../api/resource.ts";
import { cleanChild, type Form } from "./clean.ts";
import type { Answer, ChildRule, Composite } from "./composite.ts";
import { conditions, type Verdicts } from "./conditions.ts";
import { badChild, badRequest } from "./errors.ts";
import { type Observed, observe } from "./observed.ts";
import { earliest } from "./patience.ts";
import { childMissing, pendingChildren, pendingResync } from "./pending.ts";
import { type CustomizeResponse, parseParent, parseSyncRequest, type SyncResponse } from "./wire.ts";

function ruleOf(child: KubernetesObject | null | undefined, rules: readonly ChildRule[]): ChildRule {
  if (!child?.metadata) throw badChild("an entry of children is no Kubernetes object");
  const rule = rules.find(({ kind }) => kind.kind === child.kind && apiVersionOf(kind) === child.apiVersion);
  if (rule === undefined) throw badChild(`${child.apiVersion} ${child.kind} is not declared as a child kind`);
  return rule;
}

function formOf({ kind, update }: ChildRule): Form {
  const isCustom = "columns" in kind;
  if (!isCustom) return "builtin";
  return update === "OnDelete" ? "kept" : "custom";
}

function checkedChildren(
  children: readonly KubernetesObject[],
  rules: readonly ChildRule[],
  namespace: string | undefined,
): KubernetesObject[] {
  const seen = new Set<string>();
  return children.map((child) => {
    const form = formOf(ruleOf(child, rules));
    const key = `${child.kind}/${child.metadata.name}`;
    if (seen.has(key)) throw badChild(`${key} is listed twice`);
    seen.add(key);
    return cleanChild(child, { namespace, form });
  });
}

function withoutUndefined(status: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(status)) as Record<string, unknown>;
}

function respond<Settings>(
  composite: Composite<KubernetesObject, Settings>,
  observed: Observed,
  answer: Answer<unknown>,
): SyncResponse {
  const { parent, now } = observed;
  const children = checkedChildren(answer.children, composite.children, parent.metadata.namespace);

  const pending = pendingChildren(observed, children);
  const missing = childMissing(parent, pending, now);
  const verdicts: Verdicts = missing === undefined ? answer.conditions : { ...answer.conditions, Ready: missing };
  const resyncAfterSeconds = earliest(answer.resyncAfterSeconds, pendingResync(pending, now));

  return {
    status: withoutUndefined({
      ...answer.status,
      observedGeneration: parent.metadata.generation,
      conditions: conditions(parent, verdicts, now),
      pendingChildren: pending.length === 0 ? undefined : pending,
    }),
    children,
    ...(resyncAfterSeconds === undefined ? {} : { resyncAfterSeconds }),
  };
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
  const request = parseSyncRequest(body, composite.parent);
  if (request.finalizing) throw badRequest("the parent is to end: ask the finalize hook");
  const observed: Observed = observe(request, now);
  return respond(composite, observed, composite.sync(observed, settings));
}

/** Answers a finalize request; as `runSync`. Never for a parent that lives on: finalizing takes things away. */
export function runFinalize<Settings>(
  composite: Composite<KubernetesObject, Settings>,
  body: unknown,
  settings: Settings,
  now: string,
): SyncResponse {
  const request = parseSyncRequest(body, composite.parent);
  if (!request.finalizing) throw badRequest("the parent is not to end: ask the sync hook");
  if (composite.finalize === undefined) throw badRequest(`${composite.parent.kind} has no finalize hook`);
  const observed: Observed = observe(request, now);
  const answer = composite.finalize(observed, settings);
  return { ...respond(composite, observed, answer), finalized: answer.finalized };
}

/** Answers a customize request: the answer is cached by the parent's generation, so it may depend on nothing else. */
export function runCustomize<Settings>(
  composite: Composite<KubernetesObject, Settings>,
  body: unknown,
): CustomizeResponse {
  return { relatedResources: composite.customize?.(parseParent(body, composite.parent)) ?? [] };
}
