/** A small client for any Kubernetes API: raw JSON in, raw JSON out (docs/adr/0002-raw-kubernetes-client.md). */

import { apiVersionOf, type KubernetesObject, type ObjectMeta, type Resource } from "../api/resource.ts";
import type { ConnectOptions } from "./endpoint.ts";
import { isNotFound } from "./error.ts";
import { collectionPath, type ObjectKey, objectPath, scopeOf, search } from "./path.ts";
import { type CallOptions, transport } from "./transport.ts";
import { type WatchEvent, type WatchQuery, watch } from "./watch.ts";

export type { ConnectOptions } from "./endpoint.ts";
export {
  isAlreadyExists,
  isConflict,
  isExpired,
  isInvalid,
  isNotFound,
  isTemporary,
  KubernetesError,
} from "./error.ts";
export type { ObjectKey } from "./path.ts";
export type { CallOptions } from "./transport.ts";
export type { WatchEvent, WatchQuery } from "./watch.ts";

export interface ListQuery {
  /** All namespaces when left out. */
  namespace?: string | undefined;
  /** As kubectl writes it: `app=web,tier in (a,b)`. */
  labelSelector?: string | undefined;
  /** `metadata.name=web`. */
  fieldSelector?: string | undefined;
}

export interface ObjectList<T> {
  /** Every item carries `apiVersion` and `kind`, which API servers leave out of lists. */
  items: T[];
  /** Where a watch continues from. */
  resourceVersion: string;
}

export interface DeleteOptions extends CallOptions {
  /** Preconditions: a conflict when the object is another one or has changed. */
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  /** What happens to the objects it owns. Default: the API server's, `Background` for nearly every kind. */
  propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  /** An object that is gone already is fine. Default false. */
  ignoreNotFound?: boolean | undefined;
}

export interface PatchOptions extends CallOptions {
  subresource?: "status" | undefined;
}

/**
 * Every call rejects with `KubernetesError` when the API server refuses or does not answer in time, and with the
 * signal's reason when it is aborted. Objects are never changed in place.
 */
export interface KubernetesClient {
  /** `undefined` when there is no such object. */
  get<T extends KubernetesObject>(resource: Resource<T>, key: ObjectKey, options?: CallOptions): Promise<T | undefined>;
  list<T extends KubernetesObject>(
    resource: Resource<T>,
    query?: ListQuery,
    options?: CallOptions,
  ): Promise<ObjectList<T>>;
  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T>;
  /** A `metadata.resourceVersion` in the object is a precondition. */
  replace<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T>;
  replaceStatus<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T>;
  /** JSON merge patch (RFC 7386): null deletes. A `metadata.resourceVersion` in the patch is a precondition. */
  mergePatch<T extends KubernetesObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: MergePatch<T>,
    options?: PatchOptions,
  ): Promise<T>;
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void>;
  /** Changes from `query.resourceVersion` on, until the server ends the stream; `isExpired` errors mean: list again. */
  watch<T extends KubernetesObject>(
    resource: Resource<T>,
    query: WatchQuery,
    options?: Pick<CallOptions, "signal">,
  ): AsyncGenerator<WatchEvent<T>, void, undefined>;
  /** Any other document, such as discovery. */
  getRaw<T>(path: string, options?: CallOptions): Promise<T>;
}

/** A merge patch of `T`: every field optional, null where a field is to be removed. */
export type MergePatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: MergePatch<T[K]> | null }
    : T;

/** Opens nothing yet: the first call reads the kubeconfig and connects. */
export function connect(options: ConnectOptions = {}): KubernetesClient {
  const http = transport(options);

  return {
    async get<T extends KubernetesObject>(resource: Resource<T>, key: ObjectKey, call?: CallOptions) {
      try {
        return await http.call<T>({ ...call, method: "GET", path: objectPath(resource, key) });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    async list<T extends KubernetesObject>(resource: Resource<T>, query: ListQuery = {}, call?: CallOptions) {
      const { namespace, labelSelector, fieldSelector } = query;
      const path = collectionPath(resource, namespace) + search({ labelSelector, fieldSelector });
      const answer = await http.call<RawList<T>>({ ...call, method: "GET", path });
      return { items: typed(resource, answer.items ?? []), resourceVersion: answer.metadata?.resourceVersion ?? "" };
    },

    create<T extends KubernetesObject>(resource: Resource<T>, object: T, call?: CallOptions) {
      const path = collectionPath(resource, scopeOf(resource, object.metadata.namespace));
      return http.call<T>({ ...call, method: "POST", path, body: object });
    },

    replace<T extends KubernetesObject>(resource: Resource<T>, object: T, call?: CallOptions) {
      return http.call<T>({ ...call, method: "PUT", path: objectPath(resource, object.metadata), body: object });
    },

    replaceStatus<T extends KubernetesObject>(resource: Resource<T>, object: T, call?: CallOptions) {
      const path = objectPath(resource, object.metadata, "status");
      return http.call<T>({ ...call, method: "PUT", path, body: object });
    },

    mergePatch<T extends KubernetesObject>(
      resource: Resource<T>,
      key: ObjectKey,
      body: MergePatch<T>,
      { subresource, ...call }: PatchOptions = {},
    ) {
      const path = objectPath(resource, key, subresource);
      return http.call<T>({ ...call, method: "PATCH", path, body, contentType: "application/merge-patch+json" });
    },

    async delete(resource, key, { uid, resourceVersion, propagationPolicy, ignoreNotFound, ...call } = {}) {
      const preconditions = { uid, resourceVersion };
      const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy, preconditions };
      try {
        await http.call({ ...call, method: "DELETE", path: objectPath(resource, key), body });
      } catch (error) {
        if (!(ignoreNotFound && isNotFound(error))) throw error;
      }
    },

    watch: (resource, query, call) => watch(http, resource, query, call),
    getRaw: (path, call) => http.call({ ...call, method: "GET", path }),
  };
}

interface RawList<T> {
  metadata?: Pick<ObjectMeta, "resourceVersion">;
  items?: T[] | null;
}

function typed<T extends KubernetesObject>(resource: Resource<T>, items: T[]): T[] {
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return items.map((item) => ({ ...type, ...item }));
}
