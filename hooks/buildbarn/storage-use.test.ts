import { describe, expect, test } from "vitest";
import type { Deployment } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { browser, frontend, notedClients, scheduler, storage } from "../../test/objects/buildbarn.ts";
import { configOf, farm, stored, sync } from "../../test/objects/clients.ts";
import { ask, asStored, running } from "../../test/objects/farm.ts";
import { at } from "../../test/objects/workers.ts";
import { buildbarnFrontend } from "./buildbarn-frontend.ts";
import { formerPodsLeft } from "./successor.ts";

describe("what a client says of its shards", () => {
  const use = (children: KubernetesObject[], related = farm) => sync({}, { related, children }).status.storage;

  test("not before its pods run", () => {
    expect(use([])).toEqual({ name: "storage", revision: 1, shards: 2, settled: false });
    expect(use(stored())).toEqual({ name: "storage", revision: 1, shards: 2, settled: true });
  });

  test("a new revision is a new promise, though the configuration is the same", () => {
    const status = { shardMap: { revision: 3, shards: 2, clients: notedClients } };
    const related = [scheduler(), storage({}, { status })];
    expect(use(stored(), related)).toEqual({ name: "storage", revision: 3, shards: 2, settled: false });
  });

  describe("where somebody deleted its Deployment", () => {
    const before = { storage: { name: "storage", revision: 1, shards: 2, settled: true }, replicas: 3 };
    const client = (status: object) => frontend({}, { status });
    const made = (status: object) => ask(buildbarnFrontend, client(status), { related: farm }).deployment as Deployment;
    /** What it says some seconds after its new Deployment was made, with all of its pods ready. */
    const later = (deployment: Deployment, seconds: number) =>
      ask(buildbarnFrontend, client(before), {
        related: farm,
        children: [asStored(deployment, running(deployment))],
        now: at(seconds),
      });

    test("pods that are about to end are in no count: it waits for as long as they may take", () => {
      const early = later(made(before), 149);
      expect(early.status).toMatchObject({ state: "Ready", storage: { settled: false } });
      expect(early.answer.resyncAfterSeconds).toBe(1);
      expect(early.deployment?.metadata.annotations).toEqual(made(before).metadata.annotations);
      expect(later(made(before), 150).status.storage).toMatchObject({ settled: true });
    });

    test.each<[string, object]>([
      ["it never had one", {}],
      ["it had no pods", { ...before, replicas: undefined }],
    ])("unless %s", (_, status) => {
      expect(later(made(status), 1).status.storage).toMatchObject({ settled: true });
    });

    test("a time that is none is no reason to wait", () => {
      const deployment = made(before);
      Object.assign(deployment.metadata.annotations ?? {}, { "octoplane.io/successor-since": "soon" });
      expect(later(deployment, 1).status.storage).toMatchObject({ settled: true });
    });

    test("a pod without a grace period, which no API server has, ends at once", () => {
      const deployment = made(before);
      delete deployment.spec?.template.spec?.terminationGracePeriodSeconds;
      expect(formerPodsLeft(deployment, at(119))).toBe(1);
      expect(formerPodsLeft({ ...deployment, spec: undefined } as never, at(119))).toBe(1);
    });
  });

  test("where blobs are looked for counts, too", () => {
    const status = { shardMap: { revision: 3, shards: 1, previousShards: 2, clients: notedClients } };
    const related = [scheduler(), browser(), storage({}, { status })];
    expect(use([], related)).toMatchObject({ shards: 2 });
    const { backend } = configOf(sync({}, { related }), "frontend.jsonnet").contentAddressableStorage;
    expect(Object.keys(backend.readFallback.primary.sharding.shards)).toEqual(["0"]);
    expect(Object.keys(backend.readFallback.secondary.sharding.shards)).toEqual(["0", "1"]);
  });
});
