import { describe, expect, test } from "vitest";
import type { Deployment } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { frontend, notedClients, plainStorage, scheduler, storage } from "../../test/objects/buildbarn.ts";
import { farm, stored, sync } from "../../test/objects/clients.ts";
import { ask, asStored } from "../../test/objects/farm.ts";
import { at } from "../../test/objects/workers.ts";
import { buildbarnFrontend } from "./buildbarn-frontend.ts";

describe("a client waits for what it needs, and says for what", () => {
  const noted = (shards: number) => ({ shardMap: { revision: 1, shards, clients: notedClients } });
  const plain = storage({}, { status: { shardMap: { revision: 1, shards: 2 } } });
  const asking = { secretName: "x", clientCertificates: true };

  test.each<[string, KubernetesObject[], string]>([
    ["there is no storage", [scheduler()], "StorageMissing"],
    ["there are two", [scheduler(), storage(), storage({}, { name: "other" })], "StorageAmbiguous"],
    ["it has said nothing yet", [scheduler(), plainStorage()], "StorageNotReady"],
    ["it has no shards yet", [scheduler(), storage({}, { status: noted(0) })], "StorageNotReady"],
    ["it has not taken note", [scheduler(), plain], "StorageNotReady"],
    ["there is no scheduler", [storage()], "SchedulerMissing"],
    ["the storage asks for a certificate", [scheduler(), storage({ tls: asking })], "ClientCertificateMissing"],
    ["the scheduler asks for a certificate", [scheduler({ tls: asking }), storage()], "ClientCertificateMissing"],
  ])("%s", (_, related, reason) => {
    const { kinds, condition, status, answer } = sync({}, { related });
    expect(kinds).toEqual(["PodDisruptionBudget", "Service"]);
    expect(condition("Ready")).toMatchObject({ reason });
    const isWaiting = reason === "StorageNotReady";
    const isDegraded = isWaiting ? { status: "False", reason: "AsExpected" } : { status: "True", reason };
    expect(condition("Degraded")).toMatchObject(isDegraded);
    expect(condition("Progressing")).toMatchObject({ status: isWaiting ? "True" : "False" });
    expect(status).toMatchObject({ state: "NotFound" });
    expect(status).not.toHaveProperty("storage");
    expect(answer.resyncAfterSeconds).toBeLessThanOrEqual(30);
  });

  test("what waits for its turn is under way, what lacks something is not", () => {
    expect(sync({}, { related: [scheduler(), plain] }).condition("Progressing")).toMatchObject({ status: "True" });
    expect(sync({}, { related: [scheduler()] }).condition("Progressing")).toMatchObject({ status: "False" });
  });

  test.each<[string, string, number, string]>([
    ["uses another storage may have been given up there", "other", 1, "StorageNotReady"],
    ["uses another storage is counted on again", "other", 2, "RollingOut"],
    ["uses the storage is still counted on", "storage", 1, "RollingOut"],
  ])("a client that %s, when its present form is its second", (_, name, generation, reason) => {
    const use = { name, revision: 1, shards: 2, settled: true };
    const client = frontend({}, { generation: 2, status: { storage: use } });
    const status = { shardMap: { revision: 1, shards: 2, clients: [{ uid: client.metadata.uid, generation }] } };
    const { condition } = ask(buildbarnFrontend, client, { related: [scheduler(), storage({}, { status } as never)] });
    expect(condition("Ready")?.reason).toBe(reason);
  });

  test("a client without a uid is nobody's", () => {
    const nobody = frontend();
    delete nobody.metadata.uid;
    expect(ask(buildbarnFrontend, nobody, { related: farm }).condition("Ready")?.reason).toBe("StorageNotReady");
  });
});

describe("a client that runs goes on with what it has", () => {
  test("when its siblings are gone", () => {
    const children = stored();
    const before = children.find(({ kind }) => kind === "Deployment") as Deployment;
    const { deployment, configMaps, condition, status } = sync({}, { related: [], children });
    expect(deployment?.spec?.template).toEqual(before.spec?.template);
    expect(configMaps).toHaveLength(1);
    expect(condition("Ready")).toMatchObject({ status: "False", reason: "SchedulerMissing" });
    expect(status).toMatchObject({ state: "NotReady", storage: { name: "storage", revision: 1, settled: true } });
  });

  test("a change of its own is made nonetheless", () => {
    const { deployment } = sync({ replicas: 5 }, { related: [], children: stored() });
    expect(deployment?.spec?.replicas).toBe(5);
  });

  test("when its fields contradict each other, and takes what else is new", () => {
    const auth = { get: { policy: "Expression" } };
    const { deployment, condition } = sync({ auth, replicas: 5 }, { related: farm, children: stored() });
    const before = stored().find(({ kind }) => kind === "Deployment") as Deployment;
    expect(deployment?.spec?.template).toEqual(before.spec?.template);
    expect(deployment?.spec?.replicas).toBe(5);
    expect(condition("Degraded")).toMatchObject({ status: "True", reason: "InvalidSpec" });
  });

  test("nothing is made of it where another has its name", () => {
    const older = scheduler({}, { name: "frontend", creationTimestamp: at(-7200) });
    const { answer, condition } = sync({}, { related: [older], children: stored() });
    expect(answer.children).toEqual([]);
    expect(condition("Ready")).toMatchObject({ reason: "NameConflict" });
    expect(condition("Progressing")).toMatchObject({ status: "False", reason: "Settled" });
  });
});

test("a rollout that fails is said twice: not ready, and why", () => {
  const children = stored().map((child) =>
    child.kind === "Deployment"
      ? asStored(child, {
          observedGeneration: 1,
          conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }],
        })
      : child,
  );
  const { condition } = sync({}, { related: farm, children });
  expect(condition("Ready")).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
  expect(condition("Degraded")).toMatchObject({ status: "True", reason: "ProgressDeadlineExceeded" });
});

describe("a rollout that gets no further", () => {
  const said = (type: string, status: string, seconds: number) => ({
    ...{ type, status, reason: "x", message: "x", lastTransitionTime: at(seconds) },
  });

  test.each<[string, object[], string]>([
    ["is waited for", [said("Progressing", "True", -60), said("Ready", "False", -90)], "WaitingForPods"],
    ["has some seconds", [said("Progressing", "True", -60), said("Ready", "False", -10)], "RollingOut"],
    ["has the same seconds", [said("Progressing", "True", -10), said("Ready", "Unknown", -60)], "RollingOut"],
    [
      "begins now, whatever else has long been under way",
      [said("Progressing", "True", -90_000), said("Ready", "True", -90_000)],
      "RollingOut",
    ],
    [
      "begins now, whatever was wrong before",
      [said("Progressing", "False", -60), said("Ready", "False", -60)],
      "RollingOut",
    ],
    ["begins now, where nothing was said", [said("Progressing", "True", -60)], "RollingOut"],
  ])("%s", (_, conditions, reason) => {
    const parent = { ...frontend(), status: { conditions } } as ReturnType<typeof frontend>;
    const deployment = stored().find(({ kind }) => kind === "Deployment") as KubernetesObject;
    const children = [asStored(deployment, { observedGeneration: 1 })];
    expect(ask(buildbarnFrontend, parent, { related: farm, children }).condition("Ready")?.reason).toBe(reason);
  });
});
