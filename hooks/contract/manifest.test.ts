import { expect, test } from "vitest";
import { ConfigMap } from "../../api/builtin.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { compositeControllerOf, hookPath, hooksOf } from "./manifest.ts";

const composite = { parent: WorkerAccount as never, children: [{ kind: ConfigMap, update: "OnDelete" as const }] };
const customize = () => [];
const finalize = () => ({}) as never;

test.each([
  ["sync alone", {}, ["sync"]],
  ["customize, if there is one", { customize }, ["sync", "customize"]],
  ["finalize, if there is one: it puts a finalizer on every parent", { finalize }, ["sync", "finalize"]],
  ["all three", { customize, finalize }, ["sync", "customize", "finalize"]],
] as const)("hooks of a composite: %s", (_, functions, hooks) => {
  expect(hooksOf(functions as never)).toEqual(hooks);
  const controller = compositeControllerOf({ ...composite, ...functions }, { url: "http://127.0.0.1:1" });
  expect(Object.keys(controller.spec.hooks as object)).toEqual(hooks);
});

test("a hook server is found by URL", () => {
  expect(compositeControllerOf(composite, { url: "http://127.0.0.1:1" })).toEqual({
    apiVersion: "metacontroller.k8s.io/v1alpha1",
    kind: "CompositeController",
    metadata: { name: "workeraccount" },
    spec: {
      generateSelector: true,
      parentResource: {
        apiVersion: "api.cf-worker/v1",
        resource: "workeraccounts",
        ignoreStatusChanges: true,
      },
      childResources: [{ apiVersion: "v1", resource: "configmaps", updateStrategy: { method: "OnDelete" } }],
      hooks: {
        sync: { version: "v2", webhook: { url: "http://127.0.0.1:1/hooks/workeraccount/sync", timeout: "10s" } },
      },
    },
  });
});

test("or by Service", () => {
  const service = { name: "hooks", namespace: "octoplane", port: 80, protocol: "http" as const };
  expect(compositeControllerOf(composite, { service }).spec.hooks).toEqual({
    sync: { version: "v2", webhook: { service, path: hookPath(composite, "sync"), timeout: "10s" } },
  });
});

test("with Secrets, both sides know each other", () => {
  const service = { name: "hooks", namespace: "octoplane", port: 443, protocol: "https" as const };
  const { spec } = compositeControllerOf(composite, { service, secrets: { tls: "hooks-tls", token: "hooks-token" } });
  expect(spec.endpointConfigs).toEqual([
    {
      host: "hooks.octoplane:443",
      caBundle: { secretRef: { name: "hooks-tls", namespace: "octoplane", key: "ca.crt" } },
      authorization: { type: "Bearer", secretRef: { name: "hooks-token", namespace: "octoplane", key: "token" } },
    },
  ]);
});
