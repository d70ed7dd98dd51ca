/** The resource API: one function for each thing that a client can do with a resource. */

import type { ServerResponse } from "node:http";
import { apiVersionOf } from "../../api/resource.ts";
import type { Body } from "./body.ts";
import { inVersion, type Kind, storageName } from "./kind.ts";
import { type Form, formOf } from "./media-type.ts";
import { type ApiObject, fieldAt, isJsonObject } from "./object.ts";
import type { DeleteOptions, Objects, WriteOptions, Written } from "./objects.ts";
import { patchOf } from "./patch.ts";
import type { Route } from "./route.ts";
import { scaled, scaleOf } from "./scale.ts";
import { selectorOf } from "./selector.ts";
import { badRequest, invalid, methodNotAllowed, pathNotFound } from "./status.ts";
import type { Store } from "./store.ts";
import { type IncludeObject, metadataOf, tableOf } from "./table.ts";
import { serveWatch } from "./watch.ts";

export interface ResourceCall {
  readonly method: string;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly body: Body;
}

export interface Answer {
  readonly code: number;
  readonly body: object;
  readonly warnings?: readonly string[];
}

/** Handles calls on resources; `undefined` when the answer is a stream that has begun. */
export type ResourceHandler = (call: ResourceCall, kind: Kind, response: ServerResponse) => Answer | undefined;

export function createResourceHandler(store: Store, objects: Objects): ResourceHandler {
  function onCollection(call: ResourceCall, kind: Kind, response: ServerResponse): Answer | undefined {
    switch (call.method) {
      case "GET":
        return isTrue(call.query.get("watch")) ? watch(call, kind, response) : list(call, kind);
      case "POST":
        return create(call, kind);
      case "DELETE":
        return removeAll(call, kind);
      default:
        throw methodNotAllowed();
    }
  }

  function onObject(call: ResourceCall, kind: Kind, name: string): Answer {
    const namespace = call.route.namespace ?? "";
    switch (call.method) {
      case "GET": {
        const object = objects.get(kind, namespace, name);
        return { code: 200, body: call.route.subresource === "scale" ? scaleOf(object) : shown(call, kind, object) };
      }
      case "PUT":
        return write(call, kind, name, () => call.body.content);
      case "PATCH":
        return write(call, kind, name, patchOf(call.body.type, call.body.content, kind));
      case "DELETE":
        if (call.route.subresource !== undefined) throw methodNotAllowed();
        return { code: 200, body: objects.remove(kind, namespace, name, deleteOptions(call)) };
      default:
        throw methodNotAllowed();
    }
  }

  /** `change` makes the new resource, or subresource, from the current one. */
  function write(call: ResourceCall, kind: Kind, name: string, change: (current: object) => unknown): Answer {
    const namespace = call.route.namespace ?? "";
    if (call.route.subresource === "scale") {
      const rescale = (object: ApiObject) => scaled(object, change(scaleOf(object)));
      const { object } = objects.update(kind, namespace, name, rescale, writeOptions(call));
      return { code: 200, body: scaleOf(object) };
    }
    return answer(200, kind, objects.update(kind, namespace, name, change, writeOptions(call)));
  }

  function selected({ route, query }: ResourceCall, kind: Kind): ApiObject[] {
    const selector = selectorOf(query.get("labelSelector"), query.get("fieldSelector"));
    return store
      .list(storageName(kind.resource), route.namespace)
      .filter(selector)
      .map((object) => inVersion(kind, object));
  }

  function list(call: ResourceCall, kind: Kind): Answer {
    const resourceVersion = String(store.revision());
    const items = selected(call, kind);
    const form = formOf(call.accept);
    if (form === "table") return { code: 200, body: tableOf(kind, items, resourceVersion, include(call)) };
    return { code: 200, body: listOf(kind, items, resourceVersion, form) };
  }

  function watch(call: ResourceCall, kind: Kind, response: ServerResponse): undefined {
    const { query, route } = call;
    if (isTrue(query.get("sendInitialEvents"))) {
      const message =
        "Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
      throw invalid({ ...kind.resource, group: "meta.k8s.io", kind: "ListOptions" }, "", [
        { reason: "FieldValueForbidden", message, field: "sendInitialEvents" },
      ]);
    }
    const request = {
      resource: storageName(kind.resource),
      namespace: route.namespace,
      selector: selectorOf(query.get("labelSelector"), query.get("fieldSelector")),
      resourceVersion: number(query, "resourceVersion"),
      timeoutSeconds: number(query, "timeoutSeconds"),
      present: (object: ApiObject) => shown(call, kind, inVersion(kind, object)),
    };
    serveWatch(store, request, response);
    return undefined;
  }

  function create(call: ResourceCall, kind: Kind): Answer {
    const { namespace } = call.route;
    if (kind.resource.namespaced && namespace === undefined) throw methodNotAllowed();
    return answer(201, kind, objects.create(kind, namespace ?? "", call.body.content, writeOptions(call)));
  }

  function removeAll(call: ResourceCall, kind: Kind): Answer {
    if (kind.resource.namespaced && call.route.namespace === undefined) throw methodNotAllowed();
    const { propagationPolicy, dryRun = false } = deleteOptions(call);
    const items = selected(call, kind);
    for (const { metadata } of items) {
      objects.remove(kind, metadata.namespace ?? "", metadata.name, { propagationPolicy, dryRun });
    }
    return { code: 200, body: listOf(kind, items, String(store.revision()), "object") };
  }

  return (call, kind, response) => {
    checkScope(call.route, kind);
    const { name } = call.route;
    return name === undefined ? onCollection(call, kind, response) : onObject(call, kind, name);
  };
}

/** Cluster-scoped resources are not in a namespace, and objects of the others are always in one. */
function checkScope({ namespace, name, subresource }: Route, kind: Kind): void {
  const isMisplaced = kind.resource.namespaced
    ? namespace === undefined && name !== undefined
    : namespace !== undefined;
  if (isMisplaced || !hasSubresource(kind, subresource)) throw pathNotFound();
}

function hasSubresource(kind: Kind, subresource: string | undefined): boolean {
  if (subresource === undefined) return true;
  return (subresource === "status" && kind.hasStatus) || (subresource === "scale" && kind.hasScale);
}

function answer(code: number, kind: Kind, { object, warnings }: Written): Answer {
  return { code, body: inVersion(kind, object), warnings };
}

/** One object in the form that the client asked for. */
function shown(call: ResourceCall, kind: Kind, object: ApiObject): object {
  switch (formOf(call.accept)) {
    case "table":
      return tableOf(kind, [object], object.metadata.resourceVersion, include(call));
    case "metadata":
      return metadataOf(object);
    default:
      return object;
  }
}

function listOf(kind: Kind, items: readonly ApiObject[], resourceVersion: string, form: Form): object {
  const metadata = { resourceVersion };
  if (form !== "metadata") {
    return { kind: kind.listKind, apiVersion: apiVersionOf(kind.resource), metadata, items };
  }
  return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items: items.map(metadataOf) };
}

function include({ query }: ResourceCall): IncludeObject {
  const wanted = query.get("includeObject");
  return wanted === "None" || wanted === "Object" ? wanted : "Metadata";
}

function writeOptions({ query, route }: ResourceCall): WriteOptions {
  const validation = query.get("fieldValidation");
  return {
    subresource: route.subresource === "status" ? "status" : undefined,
    dryRun: isDryRun(query.getAll("dryRun")),
    fieldValidation: validation === "Strict" || validation === "Ignore" ? validation : "Warn",
  };
}

function isDryRun(wanted: unknown): boolean {
  const values = Array.isArray(wanted) ? wanted : [];
  if (values.some((value) => value !== "All")) {
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(values)}: supported values: "All"`);
  }
  return values.length > 0;
}

const propagationPolicies = ["Background", "Foreground", "Orphan"] as const;

/** From the body or, for clients without one, from the query. */
function deleteOptions({ body, query }: ResourceCall): DeleteOptions {
  const options = isJsonObject(body.content) ? body.content : {};
  const wanted = options.propagationPolicy ?? query.get("propagationPolicy") ?? undefined;
  const propagationPolicy = propagationPolicies.find((policy) => policy === wanted);
  if (wanted !== undefined && propagationPolicy === undefined) {
    throw badRequest(`propagationPolicy ${JSON.stringify(wanted)} is none of ${propagationPolicies.join(", ")}`);
  }
  return {
    propagationPolicy: propagationPolicy ?? (options.orphanDependents === true ? "Orphan" : undefined),
    uid: text(fieldAt(options, "preconditions", "uid")),
    resourceVersion: text(fieldAt(options, "preconditions", "resourceVersion")),
    dryRun: isDryRun(options.dryRun) || isDryRun(query.getAll("dryRun")),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (!value) return undefined;
  if (!/^\d+$/.test(value)) throw badRequest(`${name}: Invalid value: ${JSON.stringify(value)}: must be a number`);
  return Number(value);
}

function isTrue(value: string | null): boolean {
  return value === "true" || value === "1";
}
