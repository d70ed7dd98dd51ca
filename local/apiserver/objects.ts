/** Create, change and delete: what turns a request body into a stored object. */

import { isDeepStrictEqual } from "node:util";
import { apiVersionOf } from "../../api/resource.ts";
import { type DeleteOptions, isKept, markDeleted } from "./deletion.ts";
import { inVersion, type Kind, storageName } from "./kind.ts";
import {
  bumpGeneration,
  changedMetadata,
  metadataProblems,
  newMetadata,
  readMetadata,
  type WantedMetadata,
} from "./metadata.ts";
import { generatedName } from "./name.ts";
import { type ApiObject, isJsonObject, type JsonObject, type ObjectKey } from "./object.ts";
import { checkDeletable, checkPreconditions, requireNamespace } from "./preconditions.ts";
import { alreadyExists, badRequest, deleted, invalid, methodNotAllowed, notFound, type Status } from "./status.ts";
import type { Store } from "./store.ts";

export interface WriteOptions {
  readonly subresource?: "status" | undefined;
  /** Checks everything and stores nothing. */
  readonly dryRun?: boolean;
  /** What to do about unknown fields: refuse, say so in `warnings`, or be silent. Default `Warn`. */
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
}

export interface Written {
  readonly object: ApiObject;
  readonly warnings: readonly string[];
}

/** Throws `ApiError` for everything that the API refuses. */
export interface Objects {
  get(kind: Kind, namespace: string, name: string): ApiObject;
  create(kind: Kind, namespace: string, body: unknown, options?: WriteOptions): Written;
  /** `change` makes the new body from the current object; its resourceVersion is a precondition. */
  update(
    kind: Kind,
    namespace: string,
    name: string,
    change: (current: ApiObject) => unknown,
    options?: WriteOptions,
  ): Written;
  /** The object while finalizers keep it, a `Status` when it is gone. */
  remove(kind: Kind, namespace: string, name: string, options?: DeleteOptions): ApiObject | Status;
}

export function createObjects(store: Store): Objects {
  function current(kind: Kind, namespace: string, name: string): ApiObject {
    const object = store.get(keyOf(kind, namespace, name));
    if (object === undefined) throw notFound(kind.resource, name);
    return inVersion(kind, object);
  }

  function create(kind: Kind, namespace: string, body: unknown, options: WriteOptions = {}): Written {
    refuseReadOnly(kind);
    const { object: wanted, unknown } = read(kind, body);
    const metadata = named({ ...wanted.metadata, ...place(kind, wanted, namespace) });
    const fresh: ApiObject = { ...wanted, metadata: newMetadata(kind, metadata, new Date()) };
    const object = kind.hasStatus ? withStatus(fresh, undefined) : fresh;
    const warnings = reportUnknown(kind, [...unknown, ...kind.normalize(object)], options);
    if (kind.resource.namespaced) requireNamespace(store, kind, namespace, metadata.name);
    check(kind, object);

    const key = keyOf(kind, namespace, metadata.name);
    if (store.get(key) !== undefined) throw alreadyExists(kind.resource, metadata.name);
    return { object: options.dryRun ? object : store.put(key, object), warnings };
  }

  function update(
    kind: Kind,
    namespace: string,
    name: string,
    change: (current: ApiObject) => unknown,
    options: WriteOptions = {},
  ): Written {
    refuseReadOnly(kind);
    const previous = current(kind, namespace, name);
    const { object: wanted, unknown } = read(kind, change(structuredClone(previous)));
    place(kind, wanted, namespace);
    checkPreconditions(kind, wanted, previous);

    const object = replaced(kind, wanted, previous, options.subresource);
    const warnings = reportUnknown(kind, [...unknown, ...kind.normalize(object, previous)], options);
    check(kind, object, previous);
    if (isDeepStrictEqual(object, previous)) return { object: previous, warnings };
    if (wantsSomethingElse(kind, object, previous)) bumpGeneration(object);

    if (options.dryRun) return { object, warnings };
    const key = keyOf(kind, namespace, name);
    const isReleased = previous.metadata.deletionTimestamp !== undefined && !isKept(object);
    return { object: isReleased ? store.remove(key, object) : store.put(key, object, previous), warnings };
  }

  function remove(kind: Kind, namespace: string, name: string, options: DeleteOptions = {}): ApiObject | Status {
    refuseReadOnly(kind);
    const previous = current(kind, namespace, name);
    checkDeletable(kind, previous, options);
    if (previous.metadata.deletionTimestamp !== undefined) return previous;

    const object = markDeleted(kind, previous, options);
    const success = deleted(kind.resource, name, previous.metadata.uid ?? "");
    if (options.dryRun) return isKept(object) ? object : success;
    const key = keyOf(kind, namespace, name);
    if (isKept(object)) return store.put(key, object, previous);
    store.remove(key, previous);
    return success;
  }

  return { get: current, create, update, remove };
}

export function keyOf({ resource }: Kind, namespace: string, name: string): ObjectKey {
  return { resource: storageName(resource), namespace: resource.namespaced ? namespace : "", name };
}

function refuseReadOnly(kind: Kind): void {
  if (kind.readOnly) throw methodNotAllowed();
}

type WantedObject = ApiObject & { metadata: WantedMetadata };

/** A body as an object of its kind, and the metadata fields that nobody knows. */
function read({ resource }: Kind, body: unknown): { object: WantedObject; unknown: string[] } {
  if (!isJsonObject(body)) throw badRequest("the body of the request must be a JSON object");
  const { apiVersion = apiVersionOf(resource), kind = resource.kind } = body;
  if (apiVersion !== apiVersionOf(resource)) {
    const expected = apiVersionOf(resource);
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (kind !== resource.kind) {
    throw badRequest(`the kind in the data (${kind}) does not match the expected kind (${resource.kind})`);
  }
  const unknown: string[] = [];
  const metadata = readMetadata(body.metadata, unknown);
  return { object: { ...structuredClone(body), apiVersion, kind, metadata }, unknown };
}

/** The namespace of an object is that of the URL. */
function place({ resource }: Kind, { metadata }: ApiObject, namespace: string): { namespace?: string } {
  if (!resource.namespaced) {
    delete metadata.namespace;
    return {};
  }
  if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return { namespace };
}

function named(metadata: WantedMetadata): WantedMetadata {
  if (metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  if (metadata.name !== "" || metadata.generateName === undefined) return metadata;
  return { ...metadata, name: generatedName(metadata.generateName) };
}

function reportUnknown({ resource }: Kind, unknown: readonly string[], options: WriteOptions): string[] {
  const warnings = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
  if (options.fieldValidation === "Ignore" || warnings.length === 0) return [];
  if (options.fieldValidation !== "Strict") return warnings;
  const { kind, version } = resource;
  throw badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${warnings.join(", ")}`,
  );
}

function check(kind: Kind, object: ApiObject, previous?: ApiObject): void {
  const problems = [...metadataProblems(kind, object, previous), ...kind.validate(object, previous)];
  if (problems.length > 0) throw invalid(kind.resource, object.metadata.name, problems);
}

/** The main resource leaves the status alone, and `/status` leaves everything else. */
function replaced(kind: Kind, wanted: ApiObject, previous: ApiObject, subresource: "status" | undefined): ApiObject {
  if (subresource === "status") return withStatus(previous, wanted.status);
  const object = { ...wanted, metadata: changedMetadata(wanted.metadata, previous.metadata) };
  return kind.hasStatus ? withStatus(object, previous.status) : object;
}

function withStatus(object: ApiObject, status: unknown): ApiObject {
  const { status: _status, ...rest } = structuredClone(object);
  return { ...rest, ...(status !== undefined && { status: structuredClone(status) }) } as ApiObject;
}

function wantsSomethingElse(kind: Kind, object: ApiObject, previous: ApiObject): boolean {
  return !isDeepStrictEqual(desire(kind, object), desire(kind, previous));
}

/** Everything but metadata and, where it is the controller's, status. */
function desire(kind: Kind, object: ApiObject): JsonObject {
  const { metadata, status, ...rest } = object;
  const { annotations } = kind.generation === "desire and annotations" ? metadata : {};
  return { ...rest, annotations, ...(kind.hasStatus ? {} : { status }) };
}
