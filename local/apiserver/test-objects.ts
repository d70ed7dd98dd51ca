/** Objects that show what an API server defaults, drops and refuses. */

import * as api from "../../api/builtin.ts";
import type { CustomResourceDefinition } from "../../api/crd.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";

/** One write of a client, or two. */
export interface Case {
  resource: Resource;
  what: string;
  fields: object;
  /** What is written after the creation. */
  change?: (object: KubernetesObject & { spec: object }) => object;
}

const image = { name: "c", image: "nginx" };
const job = (spec: object = {}, pod: object = {}, template: object = {}) => ({
  spec: { template: { ...template, spec: { restartPolicy: "Never", containers: [image], ...pod } }, ...spec },
});
const deployment = (spec: object = {}, pod: object = {}) => ({
  spec: {
    selector: { matchLabels: { app: "a" } },
    template: { metadata: { labels: { app: "a" } }, spec: { containers: [image], ...pod } },
    ...spec,
  },
});
const container = (fields: object) => ({ containers: [{ ...image, ...fields }] });
const ports = [{ port: 80 }];
const scaled = { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" }, maxReplicas: 3 };
const rule = { action: "FailJob", onExitCodes: { containerName: "c", operator: "In", values: [1, 2] } };
const disruption = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] };
const backend = { service: { name: "x", port: { name: "p" } } };
const fieldRef = { fieldPath: "metadata.name" };
const projected = {
  sources: [
    { serviceAccountToken: { path: "t" } },
    { configMap: { name: "x" } },
    { downwardAPI: { items: [{ path: "a", fieldRef }] } },
  ],
};

const string = { type: "string" };
const immutable = { "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "is immutable" }] };
export const Widget: Resource = {
  group: "test.example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
};
const item = {
  type: "object",
  required: ["name"],
  properties: { name: string, size: { type: "integer", default: 3 }, note: string },
};
const fields = {
  text: { ...string, minLength: 1, maxLength: 5, pattern: "^[a-z]*$" },
  note: string,
  defaulted: { ...string, default: "d" },
  nullable: { ...string, nullable: true, default: "x" },
  size: { type: "integer", minimum: 1, maximum: 9, ...immutable },
  flag: { type: "boolean" },
  choice: { ...string, enum: ["A", "B"] },
  any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  sizeOrText: { "x-kubernetes-int-or-string": true },
  texts: { type: "object", additionalProperties: string },
  list: { type: "array", items: string, minItems: 1, maxItems: 3 },
  items: { type: "array", items: item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
  deep: { type: "object", properties: { a: { type: "object", properties: { b: string } } } },
};
export const widgets = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.example.com" },
  spec: {
    group: Widget.group,
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", required: ["text"], properties: { ...fields, text: { ...fields.text } } },
              status: { type: "object", properties: { phase: string } },
            },
          },
        },
      },
    ],
  },
} as unknown as CustomResourceDefinition;
const widget = (what: string, spec: object | null, change?: Case["change"]): Case => ({
  resource: Widget,
  what,
  fields: { spec: spec && { text: "a", ...spec } },
  ...(change && { change }),
});
const withSpec = (spec: object) => (object: KubernetesObject & { spec: object }) => ({
  ...object,
  spec: { ...object.spec, ...spec },
});

export const cases: Case[] = [
  { resource: api.ConfigMap, what: "without data", fields: { data: {}, binaryData: {} } },
  { resource: api.ConfigMap, what: "with a bad key", fields: { data: { "a b": "1" } } },
  {
    resource: api.ConfigMap,
    what: "immutable",
    fields: { data: { a: "1" }, immutable: true },
    change: (o) => ({ ...o, data: {} }),
  },
  { resource: api.ConfigMap, what: "with a finalizer of no domain", fields: { metadata: { finalizers: ["mine"] } } },
  { resource: api.ConfigMap, what: "with a bad label", fields: { metadata: { labels: { a: "b c" } } } },
  {
    resource: api.ConfigMap,
    what: "with empty metadata",
    fields: { metadata: { labels: {}, annotations: {}, finalizers: [] } },
  },
  {
    resource: api.ConfigMap,
    what: "of an older version",
    fields: {},
    change: (o) => ({ ...o, metadata: { ...o.metadata, resourceVersion: "1" } }),
  },
  { resource: api.Secret, what: "with texts", fields: { stringData: { a: "b" } } },
  {
    resource: api.Secret,
    what: "of another type",
    fields: { stringData: { a: "b" } },
    change: (o) => ({ ...o, type: "x" }),
  },
  { resource: api.Service, what: "plain", fields: { spec: { ports, selector: { a: "b" } } } },
  { resource: api.Service, what: "headless", fields: { spec: { clusterIP: "None", ports, selector: { a: "b" } } } },
  {
    resource: api.Service,
    what: "with sessions",
    fields: { spec: { sessionAffinity: "ClientIP", ports: [{ port: 80, targetPort: "http" }] } },
  },
  { resource: api.Service, what: "external", fields: { spec: { type: "ExternalName", externalName: "a.b" } } },
  {
    resource: api.Service,
    what: "with ports without names",
    fields: { spec: { ports: [{ port: 80 }, { port: 81 }] } },
  },
  { resource: api.Service, what: "without ports", fields: { spec: { ports: [] } } },
  { resource: api.Deployment, what: "plain", fields: deployment() },
  { resource: api.Deployment, what: "recreated", fields: deployment({ strategy: { type: "Recreate" }, replicas: 0 }) },
  {
    resource: api.Deployment,
    what: "with a half strategy",
    fields: deployment({ strategy: { rollingUpdate: { maxSurge: 1 } } }),
  },
  {
    resource: api.Deployment,
    what: "with probes",
    fields: deployment(
      {},
      container({
        livenessProbe: { httpGet: { port: 80 } },
        readinessProbe: { tcpSocket: { port: "http" } },
        ports: [{ containerPort: 80, name: "http" }],
      }),
    ),
  },
  {
    resource: api.Deployment,
    what: "with variables",
    fields: deployment(
      {},
      container({
        env: [
          { name: "A", value: "" },
          { name: "B", valueFrom: { fieldRef } },
        ],
      }),
    ),
  },
  {
    resource: api.Deployment,
    what: "with odd quantities",
    fields: deployment(
      {},
      container({ resources: { requests: { cpu: "1000m", memory: "1.5Gi" }, limits: { cpu: 1.5, memory: "2048Mi" } } }),
    ),
  },
  {
    resource: api.Deployment,
    what: "with volumes",
    fields: deployment(
      {},
      {
        serviceAccountName: "sa",
        volumes: [
          { name: "e", emptyDir: {} },
          { name: "c", configMap: { name: "x" } },
          { name: "s", secret: { secretName: "x" } },
          { name: "p", projected },
        ],
      },
    ),
  },
  {
    resource: api.Deployment,
    what: "with empty lists",
    fields: deployment({}, { tolerations: [], volumes: [], ...container({ env: [], args: [] }) }),
  },
  { resource: api.Deployment, what: "of a tagged image", fields: deployment({}, container({ image: "a.b:5000/c:1" })) },
  { resource: api.Deployment, what: "of fewer than no pods", fields: deployment({ replicas: -1 }) },
  { resource: api.Deployment, what: "of other pods", fields: deployment({ selector: { matchLabels: { app: "b" } } }) },
  {
    resource: api.Deployment,
    what: "of others by and by",
    fields: deployment(),
    change: withSpec({ selector: { matchLabels: { app: "b" } } }),
  },
  { resource: api.Job, what: "plain", fields: job() },
  { resource: api.Job, what: "with labels of its pods", fields: job({}, {}, { metadata: { labels: { l: "m" } } }) },
  { resource: api.Job, what: "with labels of its own", fields: { metadata: { labels: { l: "m" } }, ...job() } },
  { resource: api.Job, what: "of several pods", fields: job({ completions: 3, parallelism: 2 }) },
  { resource: api.Job, what: "with a policy", fields: job({ podFailurePolicy: { rules: [rule, disruption] } }) },
  {
    resource: api.Job,
    what: "with a selector of its own",
    fields: job(
      { manualSelector: true, selector: { matchLabels: { x: "y" } } },
      {},
      { metadata: { labels: { x: "y" } } },
    ),
  },
  { resource: api.Job, what: "with a wrong selector", fields: job({ selector: { matchLabels: { x: "y" } } }) },
  { resource: api.Job, what: "that says how it is selected", fields: job({ manualSelector: false }) },
  {
    resource: api.Job,
    what: "that may change",
    fields: job(),
    change: withSpec({ parallelism: 3, suspend: true, backoffLimit: 2 }),
  },
  {
    resource: api.Job,
    what: "that may not change",
    fields: job(),
    change: (o) => ({ ...o, ...job({}, container({ image: "other" })) }),
  },
  { resource: api.CronJob, what: "plain", fields: { spec: { schedule: "* * * * *", jobTemplate: job() } } },
  {
    resource: api.Ingress,
    what: "with a rule",
    fields: { spec: { rules: [{ host: "a.b", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] } },
  },
  {
    resource: api.Ingress,
    what: "with a default",
    fields: { spec: { ingressClassName: "x", tls: [{ hosts: ["a.b"], secretName: "t" }], defaultBackend: backend } },
  },
  {
    resource: api.NetworkPolicy,
    what: "with rules",
    fields: {
      spec: {
        podSelector: {},
        ingress: [{ ports }],
        egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }, { ports: [{ port: 53, protocol: "UDP" }] }],
      },
    },
  },
  { resource: api.NetworkPolicy, what: "of nobody", fields: { spec: { podSelector: {}, ingress: [] } } },
  {
    resource: api.PodDisruptionBudget,
    what: "plain",
    fields: { spec: { maxUnavailable: 1, selector: { matchLabels: { a: "b" } } } },
  },
  { resource: api.HorizontalPodAutoscaler, what: "without metrics", fields: { spec: scaled } },
  {
    resource: api.EndpointSlice,
    what: "plain",
    fields: { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }], ports },
  },
  { resource: api.EndpointSlice, what: "without endpoints", fields: { addressType: "IPv4", endpoints: [] } },
  widget("with defaults", {}),
  widget("with nulls", {
    note: null,
    defaulted: null,
    any: null,
    texts: { a: null, b: "c" },
    deep: { a: { b: null } },
  }),
  widget("with nulls that may be", { nullable: null, any: { a: null } }),
  widget("with a null in a list", { list: [null] }),
  widget("with nulls in items", { items: [{ name: "a", note: null, size: null }] }),
  widget("without a spec", null),
  widget("with a null that is required", { text: null }),
  widget("with unknown fields", { unknown: 1, deep: { unknown: 1 } }),
  widget("with a text of no size", { text: "" }),
  widget("with a text that is too long", { text: "abcdef" }),
  widget("with a text of other characters", { text: "A" }),
  widget("with a fraction", { size: 1.5 }),
  widget("with a whole fraction", { size: 3.0, sizeOrText: 3 }),
  widget("with a text for a number", { size: "3" }),
  widget("with a number that is too small", { size: 0 }),
  widget("with an unknown choice", { choice: "C" }),
  widget("with a list that is too short", { list: [] }),
  widget("with a list that is too long", { list: ["a", "b", "c", "d"] }),
  widget("with two items of one name", { items: [{ name: "a" }, { name: "a" }] }),
  widget("of what must stay", { size: 1 }, withSpec({ size: 2 })),
  widget("without its version", {}, ({ metadata: { resourceVersion: _, ...metadata }, ...rest }) => ({
    ...rest,
    metadata,
  })),
];
