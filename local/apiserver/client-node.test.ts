/** The official JavaScript client against this server. */

import { KubeConfig, KubernetesObjectApi, PatchStrategy, Watch } from "@kubernetes/client-node";
import { expect, onTestFinished, test } from "vitest";
import { tokenContext } from "./kubeconfig.ts";
import { crds, startTestApi, type TestApi, thing, thingDefinition } from "./test-server.ts";

function configOf(server: TestApi): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig());
  config.setCurrentContext(tokenContext);
  return config;
}

test("KubernetesObjectApi creates, reads, replaces, patches, lists and deletes", async () => {
  const server = await startTestApi();
  await server.create(crds, thingDefinition()); // not by client-node, whose models lose the x-kubernetes-* keywords
  const api = KubernetesObjectApi.makeApiClient(configOf(server));
  const created = await api.create({
    ...thing("a", { size: 1 }),
    metadata: { name: "a", namespace: "default" },
  } as never);
  const reference = { apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "a", namespace: "default" } };
  expect((await api.read(reference)).metadata?.uid).toBe((created as { metadata: { uid: string } }).metadata.uid);
  await api.patch(
    { ...reference, spec: { size: 2 } } as never,
    undefined,
    undefined,
    undefined,
    undefined,
    PatchStrategy.MergePatch,
  );
  const current = await api.read(reference);
  expect(current).toMatchObject({ spec: { size: 2 } });
  await api.replace({ ...current, spec: { size: 3 } } as never);
  const { items } = await api.list("example.com/v1", "Thing", "default");
  expect(items).toMatchObject([{ spec: { size: 3 } }]);
  await api.delete(reference);
  await expect(api.read(reference)).rejects.toMatchObject({ code: 404 });
});

test("Watch sees what is written", async () => {
  const server = await startTestApi();
  const events: string[] = [];
  const seen = Promise.withResolvers<void>();
  const abort = await new Watch(configOf(server)).watch(
    "/api/v1/configmaps",
    {},
    (type: string, object: { metadata: { name: string } }) => {
      if (events.push(`${type} ${object.metadata.name}`) === 2) seen.resolve();
    },
    () => undefined,
  );
  onTestFinished(() => abort.abort());
  const metadata = { name: "a" };
  await server.create("/api/v1/namespaces/default/configmaps", { metadata });
  await server.request("DELETE", "/api/v1/namespaces/default/configmaps/a");
  await seen.promise;
  expect(events).toEqual(["ADDED a", "DELETED a"]);
});
