import { describe, expect, test } from "vitest";
import { type Deployment, Deployment as DeploymentResource, StatefulSet } from "../../api/builtin.ts";
import { frontend } from "../../test/objects/buildbarn.ts";
import { at, now, stored } from "../../test/objects/workers.ts";
import { rolloutOf } from "./rollout.ts";

const annotations = { "octoplane.io/generation": "1" };
type Status = NonNullable<Deployment["status"]>;
const done: Status = {
  observedGeneration: 1,
  replicas: 2,
  updatedReplicas: 2,
  readyReplicas: 2,
  availableReplicas: 2,
  terminatingReplicas: 0,
};

interface Options {
  replicas?: number | undefined;
  kind?: "Deployment" | "StatefulSet";
  annotations?: Record<string, string> | undefined;
  grace?: number;
}

function workload(status: Status | undefined, options: Options = {}): Deployment {
  const { replicas = 2, kind = "Deployment", grace } = options;
  const pod = grace === undefined ? {} : { terminationGracePeriodSeconds: grace };
  const resource = kind === "Deployment" ? DeploymentResource : (StatefulSet as never);
  return stored<Deployment>(
    resource,
    {
      name: "frontend",
      ...("annotations" in options ? {} : { annotations }),
      ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
      ...(status === undefined ? {} : { status }),
    } as never,
    {
      replicas,
      selector: { matchLabels: { app: "frontend" } },
      template: { spec: { containers: [], ...pod } },
    } as never,
  );
}

function rollout(storedOne: Deployment | undefined, since = now) {
  return rolloutOf({ parent: frontend(), stored: storedOne, desired: workload(undefined), since, now });
}

test("an object without a generation, which no API server has, has the first", () => {
  const one = workload(done);
  delete one.metadata.generation;
  expect(rollout(one).phase).toBe("Complete");
});

test("there is none yet", () => {
  expect(rollout(undefined)).toMatchObject({ phase: "Missing", verdict: { status: "Unknown", reason: "RollingOut" } });
});

describe("what is stored is not what is wanted", () => {
  test.each<[string, Record<string, string> | undefined]>([
    ["an older generation", { "octoplane.io/generation": "0" }],
    ["nothing is known of it", undefined],
  ])("%s", (_, other) => {
    const old = workload(done, { annotations: other });
    expect(rollout(old)).toMatchObject({ phase: "Pending", verdict: { reason: "RollingOut" }, askAgainAfter: 20 });
    const refused = rollout(old, at(-20));
    expect(refused).toMatchObject({ phase: "Pending", verdict: { reason: "UpdateRefused" }, askAgainAfter: 0 });
    expect(refused.verdict.message).toContain("kubectl -n team describe buildbarnfrontend frontend");
  });

  test("a desire without annotations is met by anything", () => {
    const desired = workload(undefined, { annotations: undefined });
    const facts = { parent: frontend(), stored: workload(done), desired, since: now, now };
    expect(rolloutOf(facts).phase).toBe("Complete");
  });
});

test.each([undefined, { ...done, observedGeneration: 0 }, {}])("nobody acted on it yet: %#", (status) => {
  expect(rollout(workload(status as Status))).toMatchObject({ phase: "Pending", verdict: { status: "False" } });
});

describe("under way", () => {
  const half = { ...done, updatedReplicas: 1, readyReplicas: 1 };

  test("it says how far it is", () => {
    const { phase, verdict, askAgainAfter } = rollout(workload(half));
    expect({ phase, reason: verdict.reason, askAgainAfter }).toEqual({
      phase: "Rolling",
      reason: "RollingOut",
      askAgainAfter: 20,
    });
    expect(verdict.message).toBe("1 of 2 pods are new, 1 are ready");
  });

  test("after a while it says where to look", () => {
    const { verdict } = rollout(workload(half), at(-30));
    expect(verdict).toMatchObject({ status: "False", reason: "WaitingForPods" });
    expect(verdict.message).toContain("describe pods -l app=frontend");
  });

  test("counts that are left out are none, and pods that are not said to be any are one", () => {
    const status = { observedGeneration: 1 };
    const one = workload(status);
    delete (one.spec as { replicas?: number }).replicas;
    delete (one.spec as { selector: { matchLabels?: object } }).selector.matchLabels;
    expect(rollout(one).verdict.message).toBe("0 of 1 pods are new, 0 are ready");
    expect(rollout(one, at(-30)).verdict.message).toContain("describe pods -l ");
  });

  test.each<[string, object, object]>([
    [
      "no pod can be made",
      { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" },
      { reason: "FailedCreate", message: "exceeded quota" },
    ],
    [
      "it does not come forward",
      { type: "Progressing", status: "False" },
      { reason: "RolloutFailed", message: "the rollout does not progress" },
    ],
  ])("%s", (_, condition, verdict) => {
    const status = { ...half, conditions: [{ type: "Available", status: "False" }, condition] } as Status;
    expect(rollout(workload(status))).toEqual({ phase: "Failed", verdict: { status: "False", ...verdict } });
  });
});

describe("done", () => {
  const { terminatingReplicas: _, ...uncounted } = done;
  const since = (seconds: number) => [{ type: "Progressing", status: "True", lastUpdateTime: at(-seconds) }];

  test.each<[string, Deployment, object]>([
    ["every pod runs it", workload(done), { phase: "Complete", verdict: { status: "True", reason: "Running" } }],
    ["old pods are ending", workload({ ...done, terminatingReplicas: 1 }), { phase: "Draining" }],
    [
      "old pods may be ending, where nobody counts them",
      workload({ ...uncounted, conditions: since(40) }),
      { phase: "Draining", askAgainAfter: 50 },
    ],
    ["nobody says since when", workload(uncounted), { phase: "Draining", askAgainAfter: 90 }],
    [
      "they have a long time to end",
      workload({ ...uncounted, conditions: since(100) }, { grace: 7200 }),
      { phase: "Draining", askAgainAfter: 7160 },
    ],
    ["they are surely gone", workload({ ...uncounted, conditions: since(90) }), { phase: "Complete" }],
    [
      "pods of a StatefulSet end before the next one starts",
      workload(uncounted, { kind: "StatefulSet" }),
      { phase: "Complete" },
    ],
    [
      "none are asked for",
      workload({ observedGeneration: 1, terminatingReplicas: 0 }, { replicas: 0 }),
      { phase: "Complete", verdict: { status: "True", reason: "ScaledToZero" } },
    ],
  ])("%s", (_, storedOne, expected) => {
    expect(rollout(storedOne)).toMatchObject(expected);
  });
});
