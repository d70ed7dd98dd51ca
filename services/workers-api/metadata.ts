/** The `metadata` of an upload: which fields are understood, which may be ignored, and which are refused. */

import { type Static, Type } from "typebox";
import { type SentBinding, sentBindings } from "./bindings.ts";
import { apiError } from "./errors.ts";
import { features } from "./features.ts";
import { parseJson } from "./json-body.ts";
import { check } from "./schema.ts";

const ignored = Type.Optional(Type.Unknown());

export const annotations = Type.Object({
  "workers/message": Type.Optional(Type.String({ maxLength: 1000 })),
  "workers/tag": Type.Optional(Type.String({ maxLength: 1000 })),
  // No version has a preview URL here (`has_preview` says so), hence no alias for one.
  "workers/alias": ignored,
  "workers/triggered_by": ignored,
});
export type Annotations = Static<typeof annotations>;

const schema = Type.Object(
  {
    main_module: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    body_part: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    bindings: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 512 })),
    compatibility_date: Type.Optional(Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })),
    compatibility_flags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 100 })),
    keep_bindings: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 })),
    annotations: Type.Optional(annotations),
    observability: Type.Optional(Type.Object({}, { additionalProperties: true })),
    logpush: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    tags: Type.Optional(Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 20 })),
    // Hints and figures whose absence changes nothing that a Worker does.
    placement: ignored,
    limits: ignored,
    usage_model: ignored,
    cache_options: ignored,
    package_dependencies: ignored,
    capnp_schema: ignored,
    code_update_strategy: ignored,
    keep_assets: ignored,
    // Checked one by one below.
    assets: ignored,
    migrations: ignored,
    exports: ignored,
    containers: ignored,
    tail_consumers: ignored,
    streaming_tail_consumers: ignored,
  },
  { additionalProperties: false },
);

export interface Metadata extends Omit<Static<typeof schema>, "bindings"> {
  bindings: SentBinding[];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** @throws ApiError for the first field that breaks a rule or is not supported */
export function parseMetadata(text: string): Metadata {
  const { bindings, ...rest } = check(schema, parseJson(text, "metadata"), "metadata", "invalidUpload");
  refuseFeatures(rest);
  return { ...rest, bindings: sentBindings(bindings ?? [], "metadata.bindings") };
}

function refuseFeatures(fields: Readonly<Record<string, unknown>>): void {
  for (const { what, metadata = [] } of features) {
    const field = metadata.find((name) => !isEmpty(fields[name]));
    if (field !== undefined) throw apiError("unsupported", { field: `metadata.${field}`, what });
  }
}
