/** Objects of a kind, generated from its schema: whatever the API server would let a user store. */

import fc from "fast-check";
import { wrongInstanceName } from "../../api/buildbarn/rules.ts";
import type { Kind } from "../../api/kind.ts";
import { apiVersionOf } from "../../api/resource.ts";
import { healthPort } from "../../api/workers/names.ts";
import type { Schema } from "../../local/apiserver/structural.ts";
import type { AnyObject, JsonRecord } from "../../local/driver/json.ts";

const mapKey = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
const mostItems = 3;

function textOf({ pattern, minLength, maxLength, enum: choices, format }: Schema): fc.Arbitrary<unknown> {
  if (Array.isArray(choices)) return fc.constantFrom(...choices);
  if (format === "date-time") return fc.constantFrom("2026-03-01T11:00:00Z", "2026-03-01T11:59:45Z");
  const least = Number(minLength ?? 0);
  const most = Number(maxLength ?? Number.POSITIVE_INFINITY);
  if (typeof pattern !== "string") return fc.string({ minLength: least, maxLength: Math.min(12, most) });
  return fc
    .stringMatching(new RegExp(pattern), { size: "-1" })
    .filter(({ length }) => length >= least && length <= most);
}

function integerOf({ minimum = 0, maximum }: Schema): fc.Arbitrary<unknown> {
  const min = Number(minimum);
  return fc.integer({ min, max: Number(maximum ?? Math.max(100_000, 2 * min)) });
}

function listOf(schema: Schema): fc.Arbitrary<unknown> {
  const { items = {}, minItems = 0, maxItems = mostItems } = schema;
  const limits = { minLength: Number(minItems), maxLength: Math.min(mostItems, Number(maxItems)) };
  const keys = schema["x-kubernetes-list-map-keys"];
  if (keys === undefined) return fc.array(arbitraryOf(items), limits);
  const selector = (item: unknown) => JSON.stringify(keys.map((key) => (item as JsonRecord)[key]));
  return fc.uniqueArray(arbitraryOf(items), { ...limits, selector });
}

function objectOf({ properties, additionalProperties, required }: Schema): fc.Arbitrary<unknown> {
  if (typeof additionalProperties === "object") {
    return fc.dictionary(mapKey, arbitraryOf(additionalProperties), { maxKeys: mostItems, noNullPrototype: true });
  }
  const fields: [string, fc.Arbitrary<unknown>][] = Object.entries(properties ?? {}).map(([name, schema]) => [
    name,
    arbitraryOf(schema),
  ]);
  const model: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(fields);
  return fc.record(model, { requiredKeys: required ?? [], noNullPrototype: true });
}

/** Any value that the schema allows; texts and lists are short. */
export function arbitraryOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema["x-kubernetes-int-or-string"]) return fc.oneof(textOf(schema), integerOf(schema));
  switch (schema.type) {
    case "string":
      return textOf(schema);
    case "integer":
      return integerOf(schema);
    case "boolean":
      return fc.boolean();
    case "array":
      return listOf(schema);
    case "object":
      return objectOf(schema);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

type Spec = JsonRecord & Record<string, unknown[] | undefined>;

function firstOf<T>(items: readonly T[] | undefined, key: (item: T) => unknown): T[] | undefined {
  return items && [...new Map(items.map((item) => [key(item), item])).values()];
}

type Authorizers = Record<string, { policy: string; [field: string]: unknown }>;

/** Each policy has the fields that it needs and no others. */
function withAuth(spec: Spec): JsonRecord {
  const auth = Object.entries((spec.auth ?? {}) as unknown as Authorizers).map(([right, { policy }]) => [
    right,
    {
      policy,
      ...(policy === "InstanceNamePrefixes" ? { instanceNamePrefixes: ["a", ""] } : {}),
      ...(policy === "Expression" ? { expression: "`true`" } : {}),
    },
  ]);
  return spec.auth === undefined ? spec : { ...spec, auth: Object.fromEntries(auth) };
}

function instanceName(text: unknown): string {
  return new RegExp(wrongInstanceName).test(`${text}`) ? "team/a" : `${text}`;
}

/** What the CEL rules of a kind say, which a schema cannot. */
const rules: Record<string, (spec: Spec) => JsonRecord> = {
  BuildbarnBrowser: withAuth,
  BuildbarnFrontend: withAuth,
  BuildbarnScheduler: ({ defaultExecutionTimeoutSeconds: _, ...spec }) => ({
    ...withAuth(spec as Spec),
    maximumExecutionTimeoutSeconds: Math.max(1800, Number(spec.maximumExecutionTimeoutSeconds ?? 7200)),
  }),
  BuildbarnStorage: ({ volumeClaimTemplates, ...spec }) => {
    const templates = firstOf(
      volumeClaimTemplates as { metadata: { name: string } }[],
      ({ metadata }) => metadata.name,
    );
    return { ...withAuth(spec as Spec), ...(templates === undefined ? {} : { volumeClaimTemplates: templates }) };
  },
  BuildbarnWorker: ({ platform, autoscaling, instanceNamePrefix, ...spec }) => {
    const { minReplicas = 1, maxReplicas = 1, ...scaling } = (autoscaling ?? {}) as Record<string, number>;
    return {
      ...spec,
      ...(instanceNamePrefix === undefined ? {} : { instanceNamePrefix: instanceName(instanceNamePrefix) }),
      ...(platform === undefined ? {} : { platform: firstOf(platform, (property) => JSON.stringify(property)) }),
      ...(autoscaling === undefined
        ? {}
        : { autoscaling: { ...scaling, minReplicas, maxReplicas: Math.max(1, minReplicas, maxReplicas) } }),
    };
  },
  JobBuilder: ({ scriptUrls = [], scriptNames = [], ...rest }) => {
    const length = Math.min(scriptUrls.length, scriptNames.length);
    return { ...rest, scriptUrls: scriptUrls.slice(0, length), scriptNames: scriptNames.slice(0, length) };
  },
  WorkerBundle: (spec) => {
    const ports = new Set<unknown>([healthPort]);
    const workers = spec.workers?.filter((worker) => {
      const { workerNumber } = worker as JsonRecord;
      return !ports.has(workerNumber) && ports.add(workerNumber);
    });
    return workers === undefined ? spec : { ...spec, workers };
  },
  WorkerDeployment: ({ template, scriptName, deployments, ...rest }) => {
    if (template !== undefined) return { ...rest, template };
    return { ...rest, scriptName: scriptName ?? "api", ...(deployments === undefined ? {} : { deployments }) };
  },
};

export function specOf(kind: Kind): fc.Arbitrary<JsonRecord> {
  return arbitraryOf(kind.spec as unknown as Schema).map((value) => {
    const spec = value as Spec;
    for (const toleration of (spec.tolerations ?? []) as JsonRecord[]) toleration.key ??= "dedicated";
    return rules[kind.kind]?.(spec) ?? spec;
  });
}

export function statusOf(kind: Kind): fc.Arbitrary<JsonRecord> {
  return arbitraryOf(kind.status as unknown as Schema) as fc.Arbitrary<JsonRecord>;
}

export function objectFor(kind: Kind, name: string, spec: JsonRecord, labels: Record<string, string> = {}): AnyObject {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { name, namespace: "team", ...(Object.keys(labels).length === 0 ? {} : { labels }) },
    spec,
  };
}
