import { describe, expect, test } from "vitest";
import { type Deployment, Deployment as DeploymentResource } from "../../api/builtin.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { at, now, settings, stored, workerBundle } from "../../test/objects/workers.ts";
import { runSync } from "../contract/run.ts";
import { generationAnnotation } from "../kube/rollout.ts";
import { deploymentOf } from "./worker-bundle.deployment.ts";
import { networkPolicyOf } from "./worker-bundle.isolation.ts";
import { disruptionBudgetOf, ingressOf, serviceOf } from "./worker-bundle.network.ts";
import { workerBundle as hook } from "./worker-bundle.ts";

type DeploymentStatus = NonNullable<Deployment["status"]>;
type DeploymentCondition = NonNullable<DeploymentStatus["conditions"]>[number];

/** Everything else is there already: what is missing is the business of the kit. */
function sync(parent: WorkerBundle, deployment?: Deployment, over: Partial<WorkersSettings> = {}) {
  const children = [
    ...(deployment === undefined ? [] : [deployment]),
    ...[serviceOf(parent), ingressOf(parent, settings), disruptionBudgetOf(parent), networkPolicyOf(parent, settings)],
  ].filter((child) => child !== undefined);
  const answer = runSync(hook as never, syncRequest({ parent, children }), { ...settings, ...over }, now);
  const [ready] = answer.status.conditions as { status: string; reason: string; message: string }[];
  return { kinds: answer.children.map(({ kind }) => kind), ready, status: answer.status, answer };
}

const done: DeploymentStatus = {
  observedGeneration: 1,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
  terminatingReplicas: 0,
};

/** The Deployment that the bundle wants, as the cluster has it. */
function deployment(
  status: DeploymentStatus | null = done,
  parent: WorkerBundle = workerBundle(),
  generation = 1,
): Deployment {
  const { metadata, spec } = deploymentOf(parent, undefined, settings);
  return stored(
    DeploymentResource,
    { ...metadata, generation, ...(status === null ? {} : { status: status as never }) },
    spec as never,
  );
}

function progressing(status: string, over: Partial<DeploymentCondition> = {}): DeploymentCondition {
  return { type: "Progressing", status, ...over };
}

describe("a bundle without anything to serve has no Deployment", () => {
  test.each<[string, WorkerBundle]>([
    ["no workers", workerBundle({ workers: [] })],
    ["none were ever given", stripped(["workers"])],
    ["no image", workerBundle({ podTemplate: {} })],
  ])("%s", (_, parent) => {
    const { kinds, ready, status } = sync(parent, deployment());
    expect(kinds).toEqual([]);
    expect(ready).toMatchObject({ status: "True", reason: "NoWorkers" });
    expect(status).toMatchObject({ replicas: 0, readyReplicas: 0 });
  });

  function stripped(fields: (keyof WorkerBundle["spec"])[]): WorkerBundle {
    const bundle = workerBundle();
    for (const field of fields) delete bundle.spec[field];
    return bundle;
  }
});

describe("children", () => {
  const always = ["Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"];

  test("are what serves and protects the workers", () => {
    expect(sync(workerBundle()).kinds.sort()).toEqual([...always, "Ingress"].sort());
  });

  test("have no Ingress when no worker has a host", () => {
    const workers = [{ workerName: "a", workerNumber: 8080 }];
    expect(sync(workerBundle({ workers })).kinds.sort()).toEqual([...always].sort());
  });

  test("have an autoscaler when it is wanted", () => {
    const podTemplate = { image: "x", autoscaling: { maxReplicas: 3 } };
    expect(sync(workerBundle({ podTemplate })).kinds).toContain("HorizontalPodAutoscaler");
  });
});

describe("the bundle serves when every pod runs what is asked for and nothing older is left", () => {
  const serving = { status: "True", reason: "Serving" };

  test("then it says so, for every worker", () => {
    const { ready, status } = sync(workerBundle(), deployment());
    expect(ready).toMatchObject(serving);
    expect(status).toMatchObject({
      servingRelease: "acme-r1",
      workers: [
        { name: "a", version: "a1" },
        { name: "b", version: "b1" },
      ],
      replicas: 1,
      readyReplicas: 1,
    });
  });

  test("a worker without a version serves without one", () => {
    const parent = workerBundle({ workers: [{ workerName: "a", workerNumber: 8080 }] });
    expect(sync(parent, deployment(done, parent)).status.workers).toEqual([{ name: "a" }]);
  });

  test.each<[string, Deployment | undefined, object]>([
    ["there is none yet", undefined, { status: "Unknown", message: "the Deployment is being created" }],
    [
      "another one is stored",
      deployment(done, workerBundle({ release: "acme-r0" })),
      { status: "False", reason: "RollingOut" },
    ],
    [
      "the same one is stored, but for an earlier wish: a cache that is late",
      deployment(done, workerBundle({}, { generation: 1 })),
      { status: "False", reason: "RollingOut", message: "the Deployment is being updated" },
    ],
    [
      "nobody looked at it yet",
      deployment(null, workerBundle({}, { generation: 3 })),
      { message: "the Deployment is changed, and nobody acts on it yet" },
    ],
    [
      "what was looked at is older",
      deployment(done, workerBundle({}, { generation: 3 }), 2),
      { message: "the Deployment is changed, and nobody acts on it yet" },
    ],
  ])("not while %s", (_, stored, expected) => {
    expect(sync(workerBundle({}, { generation: 3 }), stored).ready).toMatchObject(expected);
  });

  test("not while the installation's settings ask for other pods", () => {
    expect(sync(workerBundle(), deployment(), { drainSeconds: 60 }).ready).toMatchObject({
      status: "False",
      message: "the Deployment is being updated",
    });
  });

  test.each<[string, DeploymentStatus]>([
    ["a pod is not new", { ...done, updatedReplicas: 0 }],
    ["a pod is not ready", { ...done, readyReplicas: 0 }],
    ["a pod is not available", { ...done, availableReplicas: 0 }],
    ["an old pod is counted", { ...done, replicas: 2 }],
    ["nothing is counted", { observedGeneration: 1 }],
  ])("not while %s", (_, status) => {
    const { ready, status: own } = sync(workerBundle(), deployment(status));
    expect(ready).toMatchObject({
      status: "False",
      reason: "RollingOut",
      message: expect.stringContaining("of 1 pods"),
    });
    expect(own).not.toHaveProperty("servingRelease");
    expect(own).not.toHaveProperty("workers");
  });

  test("not while old pods finish what they have begun", () => {
    expect(sync(workerBundle(), deployment({ ...done, terminatingReplicas: 2 })).ready).toMatchObject({
      status: "False",
      reason: "Draining",
      message: "2 old pods finish what they have begun",
    });
  });

  describe("where the cluster does not count terminating pods, a time must pass", () => {
    const { terminatingReplicas: _, ...uncounted } = done;
    const since = (seconds: number) => ({
      ...uncounted,
      conditions: [progressing("True", { lastUpdateTime: at(-seconds) })],
    });

    test.each<[string, DeploymentStatus, object, number | undefined]>([
      ["it has not passed", since(15), { status: "False", reason: "Draining" }, 25],
      ["it has passed", since(40), serving, undefined],
      ["nobody knows since when: the whole time", uncounted, { status: "False", reason: "Draining" }, 40],
    ])("%s", (_, status, expected, resync) => {
      const { ready, answer } = sync(workerBundle(), deployment(status));
      expect(ready).toMatchObject(expected);
      expect(answer.resyncAfterSeconds).toBe(resync);
    });
  });

  test.each<[string, DeploymentCondition, object]>([
    [
      "the deadline is exceeded",
      progressing("False", { reason: "ProgressDeadlineExceeded", message: "too late" }),
      { reason: "ProgressDeadlineExceeded", message: "too late" },
    ],
    [
      "pods cannot be made",
      { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" },
      { reason: "FailedCreate", message: "quota" },
    ],
    ["the rollout fails without a word", progressing("False"), { reason: "RolloutFailed" }],
    ["pods cannot be made, without a word", { type: "ReplicaFailure", status: "True" }, { reason: "ReplicaFailure" }],
    ["the rollout goes on", progressing("True", { reason: "ReplicaSetUpdated" }), { reason: "RollingOut" }],
  ])("a rollout that is not complete says why: %s", (_, condition, expected) => {
    const status = { ...done, updatedReplicas: 0, conditions: [condition] };
    expect(sync(workerBundle(), deployment(status)).ready).toMatchObject({ status: "False", ...expected });
  });

  describe("pods that do not become ready", () => {
    const rolling = (seconds: number) => ({
      ...done,
      readyReplicas: 0,
      conditions: [progressing("True", { reason: "ReplicaSetUpdated", lastUpdateTime: at(-seconds) })],
    });

    test("are given twenty seconds from the last step forward", () => {
      const { ready, answer } = sync(workerBundle(), deployment(rolling(12)));
      expect(ready).toMatchObject({ reason: "RollingOut", message: "1 of 1 pods are new, 0 are ready" });
      expect(answer.resyncAfterSeconds).toBe(8);
    });

    test("are then what is waited for", () => {
      const { ready, answer } = sync(workerBundle(), deployment(rolling(20)));
      expect(ready).toMatchObject({
        status: "False",
        reason: "WaitingForPods",
        message: `1 of 1 pods are new, 0 are ready, and no more since ${at(-20)}; events tell why: kubectl -n team describe pods -l app=acme-bundle`,
      });
      expect(answer).not.toHaveProperty("resyncAfterSeconds");
    });

    test("have twenty seconds from their loss, when they were ready before", () => {
      const lost = (seconds: number) => ({
        ...rolling(5000),
        conditions: [
          ...rolling(5000).conditions,
          { type: "Available", status: "False", lastTransitionTime: at(-seconds) },
        ],
      });
      expect(sync(workerBundle(), deployment(lost(19))).ready).toMatchObject({ reason: "RollingOut" });
      expect(sync(workerBundle(), deployment(lost(20))).ready).toMatchObject({
        reason: "WaitingForPods",
        message: expect.stringContaining(`no more since ${at(-20)}`),
      });
    });

    test("are not thought to be lost while enough of them are available", () => {
      const conditions = [{ type: "Available", status: "True", lastTransitionTime: at(-1) }];
      const status = { ...rolling(60), conditions: [...rolling(60).conditions, ...conditions] };
      expect(sync(workerBundle(), deployment(status)).ready).toMatchObject({ reason: "WaitingForPods" });
    });

    test("of which nobody says since when are looked at again", () => {
      const { ready, answer } = sync(workerBundle(), deployment({ ...done, readyReplicas: 0 }));
      expect(ready).toMatchObject({ reason: "RollingOut" });
      expect(answer.resyncAfterSeconds).toBe(20);
    });
  });

  describe("a change of the Deployment that does not come", () => {
    const older = deployment(done, workerBundle({ release: "acme-r0" }));
    const waiting = (seconds: number) => workerBundle({}, { status: { updatingSince: at(-seconds) } });

    test("is waited for from the first time it is seen", () => {
      const { ready, status, answer } = sync(workerBundle(), older);
      expect(ready).toMatchObject({ reason: "RollingOut", message: "the Deployment is being updated" });
      expect(status.updatingSince).toBe(now);
      expect(answer.resyncAfterSeconds).toBe(20);
    });

    test("was refused, if it has not come after twenty seconds", () => {
      const { ready, status, answer } = sync(waiting(20), older);
      expect(ready).toMatchObject({
        status: "False",
        reason: "UpdateRefused",
        message: `the Deployment could not be changed since ${at(-20)}; events tell why: kubectl -n team describe workerbundle acme-bundle`,
      });
      expect(status.updatingSince).toBe(at(-20));
      expect(answer).not.toHaveProperty("resyncAfterSeconds");
    });

    test("is forgotten when it has come", () => {
      expect(sync(waiting(20), deployment()).status).not.toHaveProperty("updatingSince");
    });
  });

  test("a failure of the past does not matter to a rollout that is complete", () => {
    const conditions = [progressing("False", { reason: "ProgressDeadlineExceeded" })];
    expect(sync(workerBundle(), deployment({ ...done, conditions })).ready).toMatchObject(serving);
  });

  test("a Deployment that says nothing of its size has one pod", () => {
    const { spec, ...rest } = deployment();
    const { replicas: _, ...sizeless } = spec ?? ({} as never);
    expect(sync(workerBundle(), { ...rest, spec: sizeless } as Deployment).ready).toMatchObject(serving);
    const waiting = { ...rest, spec: sizeless, status: { ...done, readyReplicas: 0 } } as Deployment;
    expect(sync(workerBundle(), waiting).ready?.message).toBe("1 of 1 pods are new, 0 are ready");
  });

  test("a Deployment that was never observed, of an API server without generations, is not complete", () => {
    const { metadata, ...rest } = deployment(null);
    const { generation: _, ...older } = metadata;
    expect(sync(workerBundle(), { ...rest, metadata: older } as Deployment).ready).toMatchObject({ status: "False" });
  });
});

test("the Deployment carries the generation of the bundle that asked for it", () => {
  const annotations = (generation: number) =>
    deploymentOf(workerBundle({}, { generation }), undefined, settings).metadata.annotations;
  expect(annotations(7)).toEqual({ [generationAnnotation]: "7" });
  const { generation: _, ...metadata } = workerBundle().metadata;
  expect(deploymentOf({ ...workerBundle(), metadata }, undefined, settings).metadata.annotations).toEqual(
    annotations(1),
  );
});
