/** OpenAPI v3, as far as kubectl reads it: which parameters an operation has, and the schemas behind `explain`. */

import { createHash } from "node:crypto";
import { apiVersionOf, type Resource } from "../../api/resource.ts";
import type { Kind } from "./kind.ts";
import { isJsonObject } from "./object.ts";

/** What Go clients ask for as `...v2@v1.0+protobuf`, and could not read as a media type. */
export const openApiV2Protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/**
 * `/openapi/v2`: a document without paths and definitions, in protobuf. kubectl falls back to it for a `List`, finds
 * nothing to check, and leaves checking to the server. Fields: 1 swagger, 2 info (1 title, 2 version).
 */
export function openApiV2(): Buffer {
  const info = Buffer.concat([textField(1, "Octoplane"), textField(2, "v1")]);
  return Buffer.concat([textField(1, "2.0"), field(2, info)]);
}

function textField(number: number, text: string): Buffer {
  return field(number, Buffer.from(text));
}

/** A length-delimited field of less than 128 bytes. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
}

/** `/openapi/v3` */
export function openApiIndex(kinds: readonly Kind[]): object {
  const roots = new Set(kinds.map(({ resource }) => rootOf(resource)));
  const paths = [...roots].map((root) => {
    const document = JSON.stringify(openApiDocument(kinds, root));
    const hash = createHash("sha256").update(document).digest("hex").toUpperCase();
    return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(paths) };
}

/** `/openapi/v3/<root>`, root being `api/v1` or `apis/<group>/<version>`; `undefined` when nothing is served there. */
export function openApiDocument(kinds: readonly Kind[], root: string): object | undefined {
  const members = kinds.filter(({ resource }) => rootOf(resource) === root);
  if (members.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Octoplane", version: "v1" },
    paths: Object.fromEntries(members.flatMap(({ resource }) => pathsOf(resource))),
    components: { schemas: Object.fromEntries(members.map((kind) => [schemaName(kind.resource), schemaOf(kind)])) },
  };
}

function rootOf(resource: Resource): string {
  return resource.group === "" ? `api/${resource.version}` : `apis/${apiVersionOf(resource)}`;
}

function groupVersionKind({ group, version, kind }: Resource): object {
  return { group, version, kind };
}

const queryParameters = ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({
  name,
  in: "query",
  schema: { type: "string", uniqueItems: true },
}));

function pathsOf(resource: Resource): [string, object][] {
  const scope = resource.namespaced ? "/namespaces/{namespace}" : "";
  const collection = `/${rootOf(resource)}${scope}/${resource.plural}`;
  const type = { "x-kubernetes-group-version-kind": groupVersionKind(resource) };
  const content = { "application/json": { schema: { $ref: `#/components/schemas/${schemaName(resource)}` } } };
  const responses = { 200: { description: "OK", content } };
  const patchContent = { "application/merge-patch+json": {}, "application/json-patch+json": {} };
  function operation(action: string, more: object = {}) {
    return { "x-kubernetes-action": action, ...type, responses, ...more };
  }
  return [
    [collection, { get: operation("list"), post: operation("post", { parameters: queryParameters }) }],
    [
      `${collection}/{name}`,
      {
        get: operation("get"),
        put: operation("put", { parameters: queryParameters }),
        patch: operation("patch", { parameters: queryParameters, requestBody: { content: patchContent } }),
        delete: operation("delete"),
      },
    ],
  ];
}

/** `api.cf-worker` and `v1` make `cf-worker.api.v1.Kind`, as Kubernetes names the schemas of CRDs. */
function schemaName({ group, version, kind }: Resource): string {
  return [...group.split(".").reverse().filter(Boolean), version, kind].join(".");
}

const texts = {
  apiVersion: "The versioned schema of this representation of an object.",
  kind: "The REST resource that this object represents.",
  metadata: "Standard object metadata.",
};

function schemaOf({ resource, schema }: Kind): object {
  const properties = isJsonObject(schema) && isJsonObject(schema.properties) ? schema.properties : {};
  return {
    type: "object",
    ...schema,
    properties: {
      ...properties,
      apiVersion: { description: texts.apiVersion, type: "string" },
      kind: { description: texts.kind, type: "string" },
      metadata: { description: texts.metadata, type: "object" },
    },
    "x-kubernetes-group-version-kind": [groupVersionKind(resource)],
  };
}
