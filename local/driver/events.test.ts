import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConfigMap, Event, Namespace } from "../../api/builtin.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startWorld, type World } from "../../test/vectors/world.ts";
import { eventRecorder } from "./events.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ jobStatus: false, unordered: [], withoutKids: false });
});
afterAll(() => world.close());

function recorder(client: KubernetesClient) {
  const warnings: string[] = [];
  const log = (_: string, what: string) => void warnings.push(what);
  return { ...eventRecorder({ client, log, now: () => new Date() }), warnings };
}

function configMap(namespace: string): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "subject", namespace } };
}

const refused = ["cannot write an Event"];

describe("an event", () => {
  it("of a namespace that is gone is tried once", async () => {
    const { record, close, warnings } = recorder(world.client);
    record(configMap("gone"), "Warning", "SyncError", "no");
    await expect.poll(() => warnings).toEqual(refused);
    await close();
    expect(warnings).toEqual(refused);
  });

  it("that was refused once is made when it comes again", async () => {
    const { record, close, warnings } = recorder(world.client);
    record(configMap("later"), "Warning", "SyncError", "no");
    await expect.poll(() => warnings).toEqual(refused);
    await world.client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "later" } });
    record(configMap("later"), "Warning", "SyncError", "no");
    await close();
    const { items } = await world.client.list(Event, { namespace: "later" });
    expect(items).toMatchObject([{ reason: "SyncError", count: 1 }]);
  });

  it("that meets no API server is tried again", async () => {
    const nobody = connect({ url: "http://127.0.0.1:1" });
    const { record, close, warnings } = recorder(nobody);
    record(configMap("default"), "Warning", "SyncError", "no");
    await expect.poll(() => warnings).toEqual(refused);
    await close();
    expect(warnings).toEqual([...refused, ...refused]);
  });
});
