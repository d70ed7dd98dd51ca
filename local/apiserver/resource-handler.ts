/** The resource API: which method means what, on a collection and on one object. */

import type { ServerResponse } from "node:http";
import type { Answer, ResourceCall } from "./call.ts";
import { isQuerySet } from "./call.ts";
import type { Objects } from "./objects.ts";
import * as reading from "./reading.ts";
import { methodNotAllowed, pathNotFound } from "./status.ts";
import type { Store } from "./store.ts";
import * as writing from "./writing.ts";

/** Answers a call; `undefined` when the answer is a stream that has begun. Throws `ApiError`. */
export type ResourceHandler = (call: ResourceCall, response: ServerResponse) => Answer | undefined;

export function createResourceHandler(store: Store, objects: Objects): ResourceHandler {
  function onCollection(call: ResourceCall, response: ServerResponse): Answer | undefined {
    switch (call.method) {
      case "GET":
        if (!isQuerySet(call.query, "watch")) return reading.list(store, call);
        reading.watch(store, call, response);
        return undefined;
      case "POST":
        return writing.create(objects, call);
      case "DELETE":
        return writing.removeAll(store, objects, call);
      default:
        throw methodNotAllowed();
    }
  }

  function onObject(call: ResourceCall, name: string): Answer {
    switch (call.method) {
      case "GET":
        return reading.get(objects, call, name);
      case "PUT":
        return writing.replace(objects, call, name);
      case "PATCH":
        return writing.patch(objects, call, name);
      case "DELETE":
        return writing.remove(objects, call, name);
      default:
        throw methodNotAllowed();
    }
  }

  return (call, response) => {
    if (isMisplaced(call) || !hasSubresource(call)) throw pathNotFound();
    const { name } = call.route;
    return name === undefined ? onCollection(call, response) : onObject(call, name);
  };
}

/** Cluster-scoped resources are in no namespace; an object of the others is always in one. */
function isMisplaced({ kind, route }: ResourceCall): boolean {
  if (!kind.resource.namespaced) return route.namespace !== undefined;
  return route.namespace === undefined && route.name !== undefined;
}

function hasSubresource({ kind, route }: ResourceCall): boolean {
  switch (route.subresource) {
    case undefined:
      return true;
    case "status":
      return kind.hasStatus;
    case "scale":
      return kind.hasScale;
    default:
      return false;
  }
}
