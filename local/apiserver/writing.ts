/** Create, replace, patch and delete, with the status and scale subresources. */

import { type Answer, deleteOptions, type ResourceCall, writeOptions } from "./call.ts";
import type { ApiObject } from "./object.ts";
import type { Objects } from "./objects.ts";
import { patchOf } from "./patch.ts";
import { presentList, selected } from "./reading.ts";
import { scaled, scaleOf } from "./scale.ts";
import { methodNotAllowed } from "./status.ts";
import type { Store } from "./store.ts";

export function create(objects: Objects, call: ResourceCall): Answer {
  refuseAllNamespaces(call);
  const { kind, route, body } = call;
  const { object, warnings } = objects.create(kind, route.namespace ?? "", body.content, writeOptions(call));
  return { code: 201, body: object, warnings };
}

export function replace(objects: Objects, call: ResourceCall, name: string): Answer {
  return change(objects, call, name, () => call.body.content);
}

export function patch(objects: Objects, call: ResourceCall, name: string): Answer {
  return change(objects, call, name, patchOf(call.body.type, call.body.content, call.kind));
}

/** `next` makes the new resource, or subresource, from the current one. */
function change(objects: Objects, call: ResourceCall, name: string, next: (current: object) => unknown): Answer {
  const { kind, route } = call;
  const isScale = route.subresource === "scale";
  const edit = isScale ? (object: ApiObject) => scaled(object, next(scaleOf(object))) : next;
  const { object, warnings } = objects.update(kind, route.namespace ?? "", name, edit, writeOptions(call));
  return { code: 200, body: isScale ? scaleOf(object) : object, warnings };
}

export function remove(objects: Objects, call: ResourceCall, name: string): Answer {
  const { kind, route } = call;
  if (route.subresource !== undefined) throw methodNotAllowed();
  return { code: 200, body: objects.remove(kind, route.namespace ?? "", name, deleteOptions(call)) };
}

/** Answers with what it began to delete. */
export function removeAll(store: Store, objects: Objects, call: ResourceCall): Answer {
  refuseAllNamespaces(call);
  const { propagationPolicy, dryRun = false } = deleteOptions(call);
  const items = selected(store, call);
  for (const { metadata } of items) {
    objects.remove(call.kind, metadata.namespace ?? "", metadata.name, { propagationPolicy, dryRun });
  }
  return { code: 200, body: presentList(call, items, String(store.revision())) };
}

function refuseAllNamespaces({ kind, route }: ResourceCall): void {
  if (kind.resource.namespaced && route.namespace === undefined) throw methodNotAllowed();
}
