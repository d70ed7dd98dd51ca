/** Get, list and watch, each in the form that the client wants. */

import type { ServerResponse } from "node:http";
import { apiVersionOf } from "../../api/resource.ts";
import { type Answer, includedObject, isQuerySet, queryNumber, type ResourceCall } from "./call.ts";
import { forbiddenField } from "./field-error.ts";
import { inVersion, storageName } from "./kind.ts";
import { formOf } from "./media-type.ts";
import type { ApiObject } from "./object.ts";
import type { Objects } from "./objects.ts";
import { scaleOf } from "./scale.ts";
import { type Selector, selectorOf } from "./selector.ts";
import { invalid } from "./status.ts";
import type { Store } from "./store.ts";
import { metadataOf, tableOf } from "./table.ts";
import { serveWatch } from "./watch.ts";

export function get(objects: Objects, call: ResourceCall, name: string): Answer {
  const object = objects.get(call.kind, call.route.namespace ?? "", name);
  return { code: 200, body: call.route.subresource === "scale" ? scaleOf(object) : present(call, object) };
}

export function list(store: Store, call: ResourceCall): Answer {
  return { code: 200, body: presentList(call, selected(store, call), String(store.revision())) };
}

/** The objects of a collection that the selectors of the call leave. */
export function selected(store: Store, { kind, route, query }: ResourceCall): ApiObject[] {
  return store
    .list(storageName(kind.resource), route.namespace)
    .filter(selector(query))
    .map((object) => inVersion(kind, object));
}

export function watch(store: Store, call: ResourceCall, response: ServerResponse): void {
  const { kind, query, route } = call;
  if (isQuerySet(query, "sendInitialEvents")) throw noInitialEvents(call);
  const request = {
    resource: storageName(kind.resource),
    namespace: route.namespace,
    selector: selector(query),
    resourceVersion: queryNumber(query, "resourceVersion"),
    timeoutSeconds: queryNumber(query, "timeoutSeconds"),
    present: (object: ApiObject) => present(call, inVersion(kind, object)),
  };
  serveWatch(store, request, response);
}

function selector(query: URLSearchParams): Selector {
  return selectorOf(query.get("labelSelector"), query.get("fieldSelector"));
}

/** Clients that ask for a list as a watch go back to list and watch when they are told this. */
function noInitialEvents({ kind }: ResourceCall): Error {
  const detail = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
  const options = { ...kind.resource, group: "meta.k8s.io", kind: "ListOptions" };
  return invalid(options, "", [forbiddenField("sendInitialEvents", detail)]);
}

function present(call: ResourceCall, object: ApiObject): object {
  switch (formOf(call.accept)) {
    case "table":
      return tableOf(call.kind, [object], object.metadata.resourceVersion, includedObject(call));
    case "metadata":
      return metadataOf(object);
    default:
      return object;
  }
}

export function presentList(call: ResourceCall, items: readonly ApiObject[], resourceVersion: string): object {
  const { kind } = call;
  const metadata = { resourceVersion };
  switch (formOf(call.accept)) {
    case "table":
      return tableOf(kind, items, resourceVersion, includedObject(call));
    case "metadata":
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata,
        items: items.map(metadataOf),
      };
    default:
      return { kind: kind.listKind, apiVersion: apiVersionOf(kind.resource), metadata, items };
  }
}
