import { describe, expect, it } from "vitest";
import { type DeploymentStatus, deploymentStatus, type StatusInput } from "./deployment-status.ts";
import type { Instance } from "./rollout.ts";
import { newDeployment } from "./test-objects.ts";

const ready: Instance = { id: "a", slot: 0, hash: "new", phase: "ready", published: true };
const now = Date.parse("2026-01-01T00:10:00.500Z");

const input = (over: Partial<StatusInput> = {}, observed?: DeploymentStatus): StatusInput => ({
  deployment: {
    ...newDeployment({}),
    metadata: { name: "web", namespace: "default", generation: 7 },
    ...(observed ? { status: observed } : {}),
  },
  replicas: 1,
  hash: "new",
  stable: undefined,
  surge: 1,
  instances: [],
  notBefore: () => 0,
  trouble: undefined,
  progressedAt: now - 1_000,
  now,
  ...over,
});

const old: Instance = { ...ready, id: "old", hash: "old" };
const draining: Instance = { ...old, phase: "draining" };

describe("counts", () => {
  it.each<[string, Instance[], Partial<DeploymentStatus>]>([
    ["nothing runs", [], { unavailableReplicas: 1, terminatingReplicas: 0 }],
    [
      "it starts",
      [{ ...ready, phase: "starting" }],
      { replicas: 1, updatedReplicas: 1, unavailableReplicas: 1, terminatingReplicas: 0 },
    ],
    [
      "it serves",
      [ready],
      { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, terminatingReplicas: 0 },
    ],
    [
      "a successor starts",
      [old, { ...ready, phase: "starting" }],
      {
        replicas: 2,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        unavailableReplicas: 1,
        terminatingReplicas: 0,
      },
    ],
    [
      "the old one drains",
      [draining, ready],
      { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, terminatingReplicas: 1 },
    ],
  ])("while %s", (_, instances, counts) => {
    const { conditions: _conditions, ...rest } = deploymentStatus(input({ instances }));
    expect(rest).toEqual({ observedGeneration: 7, ...counts });
  });
});

describe("conditions", () => {
  it.each<[string, Partial<StatusInput>, string[]]>([
    ["a first rollout", {}, ["Available False MinimumReplicasUnavailable", "Progressing True ReplicaSetUpdated"]],
    [
      "an update while the old one serves",
      { stable: "old", instances: [old] },
      ["Available True MinimumReplicasAvailable", "Progressing True ReplicaSetUpdated"],
    ],
    [
      "a complete one",
      { stable: "new", instances: [ready], progressedAt: 0 },
      ["Available True MinimumReplicasAvailable", "Progressing True NewReplicaSetAvailable"],
    ],
    [
      "a rollout beyond its deadline",
      { stable: "old", instances: [old], progressedAt: now - 600_000 },
      ["Available True MinimumReplicasAvailable", "Progressing False ProgressDeadlineExceeded"],
    ],
    [
      "a complete one that lost its process long after",
      { stable: "new", progressedAt: 0 },
      ["Available False MinimumReplicasUnavailable", "Progressing True ReplicaSetUpdated"],
    ],
    [
      "trouble",
      { trouble: { reason: "CrashLoopBackOff", message: "boom" } },
      [
        "Available False MinimumReplicasUnavailable",
        "Progressing True ReplicaSetUpdated",
        "ReplicaFailure True CrashLoopBackOff",
      ],
    ],
    [
      "nothing wanted",
      { replicas: 0 },
      ["Available True MinimumReplicasAvailable", "Progressing True NewReplicaSetAvailable"],
    ],
  ])("of %s", (_, over, expected) => {
    const conditions = deploymentStatus(input(over)).conditions ?? [];
    expect(conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual(expected);
  });

  it("keep their times until something changes, the transition until the status does", () => {
    const first = deploymentStatus(input());
    const later = now + 60_000;
    expect(deploymentStatus(input({ now: later }, first))).toEqual(first);
    const served = deploymentStatus(input({ now: later, instances: [ready] }, first)).conditions ?? [];
    const time = "2026-01-01T00:11:00Z";
    expect(served[0]).toMatchObject({ type: "Available", lastTransitionTime: time, lastUpdateTime: time });
    expect(served[1]).toMatchObject({
      type: "Progressing",
      lastTransitionTime: "2026-01-01T00:10:00Z",
      lastUpdateTime: time,
    });
  });
});
