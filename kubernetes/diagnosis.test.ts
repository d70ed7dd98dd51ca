import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { KubernetesObject } from "../api/resource.ts";
import {
  at,
  clusterWith,
  deployment,
  event,
  job,
  namespace,
  type PodState,
  pod,
  ready,
  replicaSet,
  scheduled,
  statefulSet,
  waiting,
} from "../test/kubernetes/cluster.ts";
import { connect } from "./client.ts";
import { causesOf, type DiagnosedObject } from "./diagnosis.ts";

const build = job("build-1", { active: 1 });
const name = "build-1";

/** What is said of a Job that has one such pod; `warnings` are its pod's. */
async function toldOf(state: PodState, warnings: [reason: string, message: string, more?: object][] = []) {
  const one = pod(build, "abcde", state);
  const client = await clusterWith([build, one, ...warnings.map((warning) => event(one, ...warning))]);
  const causes = await causesOf(client, { kind: "Job", namespace, name });
  for (const { object } of causes) expect(object).toEqual({ kind: "Pod", namespace, name: "build-1-abcde" });
  return causes.map(({ reason, message }) => `${reason}: ${message}`);
}

const image = '"registry.example:5000/acme:4f1d2c"';
const unauthorized = `rpc error: code = Unknown desc = failed to pull and unpack image ${image}: failed to resolve reference ${image}: unexpected status from HEAD request to http://registry.example:5000/v2/acme/manifests/4f1d2c: 401 Unauthorized`;
const plainUnauthorized =
  "unexpected status from HEAD request to http://registry.example:5000/v2/acme/manifests/4f1d2c: 401 Unauthorized";

describe("an image that cannot be pulled", () => {
  test("says what the registry said, without what kubelet and runtime put around it", async () => {
    expect(await toldOf({ container: waiting("ErrImagePull", unauthorized) })).toEqual([
      `ErrImagePull: pod build-1-abcde cannot pull image ${image}: ${plainUnauthorized}`,
    ]);
  });

  test("says it in the back-off, too", async () => {
    const backOff = `Back-off pulling image ${image}: ErrImagePull: ${unauthorized}`;
    expect(await toldOf({ container: waiting("ImagePullBackOff", backOff) })).toEqual([
      `ImagePullBackOff: pod build-1-abcde cannot pull image ${image}: ${plainUnauthorized}`,
    ]);
  });

  test("says it from the Event of the last attempt, where an older kubelet keeps silent", async () => {
    const notFound = `rpc error: code = NotFound desc = failed to pull and unpack image ${image}: failed to resolve reference ${image}: registry.example:5000/acme:4f1d2c: not found`;
    const told = await toldOf({ container: waiting("ImagePullBackOff", `Back-off pulling image ${image}`) }, [
      ["Failed", `Failed to pull image ${image}: ${unauthorized}`, { lastTimestamp: at(2) }],
      ["Failed", `Failed to pull image ${image}: ${notFound}`, { lastTimestamp: at(3) }],
      ["Failed", "Error: ErrImagePull", { lastTimestamp: at(3) }],
      ["Failed", "Error: ImagePullBackOff", { lastTimestamp: at(5) }],
    ]);
    expect(told).toEqual([`ImagePullBackOff: pod build-1-abcde cannot pull image ${image}: not found`]);
  });

  test("says which pull secret is not there", async () => {
    const hint =
      "Unable to retrieve some image pull secrets (docker-hub); attempting to pull the image may not succeed.";
    expect(
      await toldOf({ container: waiting("ErrImagePull", unauthorized) }, [["FailedToRetrieveImagePullSecret", hint]]),
    ).toEqual([
      expect.stringContaining("401 Unauthorized"),
      `FailedToRetrieveImagePullSecret: pod build-1-abcde lacks a pull secret: ${hint}`,
    ]);
  });

  test.each([
    [
      "RegistryUnavailable",
      `image pull failed for ${image} because the registry is unavailable: dial tcp: lookup registry.example: no such host`,
      "no such host",
    ],
    [
      "InvalidImageName",
      'Failed to apply default image tag "a b": couldn\'t parse image name "a b": invalid reference format',
      "invalid reference format",
    ],
    ["ErrImageNeverPull", `Container image ${image} is not present with pull policy of Never`, "policy of Never"],
  ])("for the reason %s", async (reason, message, words) => {
    expect(await toldOf({ container: waiting(reason, message) })).toEqual([
      expect.stringMatching(new RegExp(`^${reason}: pod build-1-abcde cannot pull image .*${words}$`)),
    ]);
  });
});

describe("a container that does not run", () => {
  test("for want of a Secret of its environment", async () => {
    const container = waiting("CreateContainerConfigError", 'secret "worker-1" not found');
    expect(await toldOf({ container })).toEqual([
      'CreateContainerConfigError: pod build-1-abcde cannot start container main: secret "worker-1" not found',
    ]);
  });

  test("since it ends again and again", async () => {
    const backOff = "back-off 40s restarting failed container=main pod=build-1-abcde_team(0f)";
    const lastState = { terminated: { exitCode: 1, reason: "Error", message: "cannot bind\n" } };
    const container = { ...waiting("CrashLoopBackOff", backOff), lastState, restartCount: 3 };
    expect(await toldOf({ container })).toEqual([
      "CrashLoopBackOff: pod build-1-abcde lost container main: it ended with exit code 1 (3 restarts): cannot bind",
    ]);
  });

  test.each<[string, object]>([
    ["while the kubelet waits", waiting("CrashLoopBackOff", "back-off 10s restarting failed container")],
    ["when it runs again and is not ready", { state: { running: { startedAt: at(4) } } }],
  ])("since it used too much memory, told %s", async (_when, state) => {
    const container = { ...state, lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } }, restartCount: 1 };
    expect(await toldOf({ container })).toEqual([
      "OOMKilled: pod build-1-abcde lost container main: it used more memory than its limit of 128Mi (1 restart)",
    ]);
  });

  test("any more, in a pod that has failed", async () => {
    const container = { state: { terminated: { exitCode: 15, reason: "Error" } } };
    expect(await toldOf({ container, status: { phase: "Failed" } })).toEqual([
      "Error: pod build-1-abcde lost container main: it ended with exit code 15",
    ]);
  });

  test("well enough to be ready", async () => {
    const container = { state: { running: { startedAt: at(1) } } };
    const probe = "Readiness probe failed: HTTP probe failed with statuscode: 503";
    expect(await toldOf({ container, status: { phase: "Running" } }, [["Unhealthy", probe]])).toEqual([
      `Unhealthy: pod build-1-abcde is not ready: ${probe}`,
    ]);
  });
});

describe("a pod that does not come to its containers", () => {
  const fits = "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available.";

  test("as no node has room", async () => {
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: fits }];
    expect(await toldOf({ conditions }, [["FailedScheduling", fits]])).toEqual([
      `Unschedulable: pod build-1-abcde cannot be scheduled: ${fits}`,
    ]);
  });

  test("as no node has room, told by the scheduler's own recorder only", async () => {
    const series = { count: 3, lastObservedTime: at(9) };
    const newer = { lastTimestamp: null, eventTime: at(1), series };
    expect(
      await toldOf({ conditions: [] }, [
        ["FailedScheduling", "0/0 nodes are available", { lastTimestamp: at(5) }],
        ["FailedScheduling", "0/0 nodes are available: none", newer],
      ]),
    ).toEqual(["FailedScheduling: pod build-1-abcde cannot be scheduled: 0/0 nodes are available: none"]);
  });

  const creating = { container: waiting("ContainerCreating") };
  const mount = 'MountVolume.SetUp failed for volume "s3-credentials" : secret "s3-credentials" not found';
  const late =
    "Unable to attach or mount volumes: unmounted volumes=[s3-credentials], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition";

  test("as a Secret that it mounts is not there", async () => {
    const told = await toldOf(creating, [
      ["FailedMount", mount, { lastTimestamp: at(3) }],
      ["FailedMount", late, { lastTimestamp: at(4) }],
    ]);
    const message = 'pod build-1-abcde cannot mount volume "s3-credentials": secret "s3-credentials" not found';
    expect(told).toEqual([`FailedMount: ${message}`]);
    expect(await toldOf(creating, [["FailedMount", late]])).toEqual([
      `FailedMount: pod build-1-abcde cannot mount its volumes: ${late}`,
    ]);
  });

  test("as its sandbox cannot be made", async () => {
    const sandbox = "Failed to create pod sandbox: rpc error: code = Unknown desc = no addresses left";
    expect(await toldOf(creating, [["FailedCreatePodSandBox", sandbox]])).toEqual([
      `FailedCreatePodSandBox: pod build-1-abcde cannot be prepared: ${sandbox}`,
    ]);
  });

  test("as it was evicted", async () => {
    const status = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." };
    expect(await toldOf({ status })).toEqual([
      "Evicted: pod build-1-abcde was stopped: The node was low on resource: memory.",
    ]);
  });

  test("what was wrong before it started is not told once it runs", async () => {
    const container = { state: { running: { startedAt: at(5) } } };
    const old: [string, string][] = [
      ["FailedScheduling", fits],
      ["FailedMount", mount],
      ["Failed", `Failed to pull image ${image}: ${unauthorized}`],
    ];
    expect(await toldOf({ container }, old)).toEqual([]);
  });

  test.each<[string, PodState]>([
    ["is being prepared", creating],
    ["is ready", { conditions: [scheduled, ready] }],
    ["has done its work", { status: { phase: "Succeeded" } }],
    ["is on its way out", { deleted: at(3), container: waiting("ErrImagePull", unauthorized) }],
  ])("nothing is told of one that %s", async (_what, state) => {
    expect(await toldOf(state)).toEqual([]);
  });
});

async function diagnosed(kind: DiagnosedObject["kind"], name: string, objects: readonly KubernetesObject[]) {
  const causes = await causesOf(await clusterWith(objects), { kind, namespace, name });
  return causes.map(({ reason, message }) => `${reason}: ${message}`);
}

const quota =
  "exceeded quota: small, requested: limits.memory=512Mi, used: limits.memory=512Mi, limited: limits.memory=600Mi";

describe("a Job", () => {
  const refusal = (random: string) => `Error creating: pods "build-1-${random}" is forbidden: ${quota}`;

  test("whose pods are refused", async () => {
    const refused = job("build-1", {});
    const warnings = [
      event(refused, "FailedCreate", refusal("aaaaa"), { lastTimestamp: at(1) }),
      event(refused, "FailedCreate", `(combined from similar events): ${refusal("bbbbb")}`, { lastTimestamp: at(2) }),
    ];
    const told = [`FailedCreate: Job build-1 cannot create pods: ${quota}`];
    expect(await diagnosed("Job", name, [refused, ...warnings])).toEqual(told);
    const tried = job("build-1", { active: 1 });
    expect(await diagnosed("Job", name, [tried, event(tried, "FailedCreate", refusal("aaaaa"))])).toEqual([]);
  });

  test("that ran out of time is explained by its pod, though that is gone", async () => {
    const message = "Job was active longer than specified deadline";
    const failed = job("build-1", {
      conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded", message }],
    });
    const lost = pod(failed, "abcde");
    const other = pod(job("build-1-2"), "abcde");
    const warning = 'MountVolume.SetUp failed for volume "aws" : configmap "aws-config" not found';
    const objects = [failed, event(lost, "FailedMount", warning), event(other, "FailedMount", "another's")];
    expect(await diagnosed("Job", name, objects)).toEqual([
      'FailedMount: pod build-1-abcde cannot mount volume "aws": configmap "aws-config" not found',
      `DeadlineExceeded: Job build-1 reports: ${message}`,
    ]);
  });

  test("that is complete has no troubles, whatever its first pod went through", async () => {
    const complete = job("build-1", { conditions: [{ type: "Complete", status: "True" }] });
    const failed = pod(complete, "aaaaa", { container: { state: { terminated: { exitCode: 137 } } } });
    expect(await diagnosed("Job", name, [complete, failed])).toEqual([]);
  });

  test("speaks of its newest pod first, and of others' pods never", async () => {
    const of = (suffix: string, created: string, exitCode: number) =>
      pod(build, suffix, { created, container: { state: { terminated: { exitCode } } }, status: { phase: "Failed" } });
    const foreign = { ...of("ccccc", at(9), 3), metadata: { ...of("ccccc", at(9), 3).metadata, ownerReferences: [] } };
    const told = await diagnosed("Job", name, [build, of("aaaaa", at(1), 1), of("bbbbb", at(2), 2), foreign]);
    expect(told.map((text) => text.match(/pod \S+|code \d+/g)?.join())).toEqual([
      "pod build-1-bbbbb,code 2",
      "pod build-1-aaaaa,code 1",
    ]);
  });

  test("of the embedded platform says in a condition what a pod would wait for", async () => {
    const status = {
      conditions: [{ type: "Waiting", status: "True", reason: "ImageUnknown", message: "no such image" }],
    };
    expect(await diagnosed("Job", name, [job("build-1", status)])).toEqual([
      "ImageUnknown: Job build-1 reports: no such image",
    ]);
  });
});

test.each([
  ["Job", "build-1", 'jobs.batch "build-1" is forbidden: exceeded quota: small'],
  ["StatefulSet", "web", 'statefulsets.apps "web" is forbidden: exceeded quota: small'],
  ["Deployment", "web", 'deployments.apps "web" is forbidden: exceeded quota: small'],
  ["Deployment", "web", 'Deployment.apps "web" is invalid: exceeded quota: small'],
] as const)("a %s that is refused itself: whoever asks for it says so", async (kind, name, words) => {
  const owner = { apiVersion: "example.com/v1", kind: "Owner", metadata: { name: "owner", namespace, uid: "1" } };
  const told = (message: string, lastTimestamp: string) =>
    event(owner, "SyncError", `Sync error: can't reconcile children for Owner team/owner: ${message}`, {
      lastTimestamp,
    });
  const objects = [
    told(words, at(2)),
    told(words.replace("small", "smaller"), at(1)),
    told('services "web" is forbidden: not asked for', at(3)),
    told(words.replace(name, `${name}-2`), at(3)),
  ];
  expect(await diagnosed(kind, name, objects)).toEqual([
    `FailedCreate: ${kind} ${name} cannot be created: exceeded quota: small`,
  ]);
  const there = { Job: job(name, { active: 1 }), Deployment: deployment(name), StatefulSet: statefulSet(name) }[kind];
  expect(await diagnosed(kind, name, [there, ...objects])).toEqual([]);
});

describe("a StatefulSet", () => {
  test("is explained by its pods, also by Events of those that may not be read", async () => {
    const shards = statefulSet("shards");
    const unbound = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims";
    const waits = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: unbound };
    const objects = [
      shards,
      pod(shards, "0", { conditions: [scheduled, ready] }),
      pod(shards, "1", { conditions: [waits] }),
    ];
    expect(await diagnosed("StatefulSet", "shards", objects)).toEqual([
      `Unschedulable: pod shards-1 cannot be scheduled: ${unbound}`,
    ]);
  });

  test("whose pods are refused, or that is not run at all", async () => {
    const shards = statefulSet("shards");
    const refusal = `create Pod shards-0 in StatefulSet shards failed error: ${quota}`;
    expect(await diagnosed("StatefulSet", "shards", [shards, event(shards, "FailedCreate", refusal)])).toEqual([
      `FailedCreate: StatefulSet shards reports: ${refusal}`,
    ]);
    const failure = { type: "ReplicaFailure", status: "True", reason: "PodNotRunnable", message: "not here" };
    expect(await diagnosed("StatefulSet", "shards", [statefulSet("shards", { conditions: [failure] })])).toEqual([
      "PodNotRunnable: StatefulSet shards reports: not here",
    ]);
    expect(await diagnosed("StatefulSet", "shards", [statefulSet("shards", { replicas: 1 })])).toEqual([]);
  });
});

describe("a Deployment", () => {
  const limit = "maximum memory usage per Container is 256Mi, but limit is 512Mi";
  const refusal = `pods "web-7c-x2x4z" is forbidden: ${limit}`;
  const failure = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refusal };

  test("whose pods are refused says so once, and then that it stands still", async () => {
    const message = 'ReplicaSet "web-7c" has timed out progressing.';
    const stuck = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message };
    const web = deployment("web", { conditions: [stuck, failure] });
    const set = replicaSet(web, "7c", 2, { conditions: [failure] });
    const warning = event(set, "FailedCreate", `Error creating: ${refusal}`);
    expect(await diagnosed("Deployment", "web", [web, set, warning])).toEqual([
      `FailedCreate: ReplicaSet web-7c cannot create pods: ${limit}`,
      `ProgressDeadlineExceeded: Deployment web reports: ${message}`,
    ]);
  });

  test("is judged by its newest template, and pods that say the same count once", async () => {
    const web = deployment("web");
    const before = replicaSet(web, "5a", 9, { replicas: 1 });
    const now = replicaSet(web, "7c", 10, { replicas: 2 });
    const broken = { container: waiting("ErrImagePull", unauthorized) };
    const objects = [
      web,
      before,
      now,
      pod(before, "aaaaa", { container: waiting("CreateContainerConfigError", "old") }),
      pod(now, "bbbbb", { ...broken, created: at(1) }),
      pod(now, "ccccc", { ...broken, created: at(2) }),
      event(now, "FailedCreate", `Error creating: ${refusal}`),
    ];
    expect(await diagnosed("Deployment", "web", objects)).toEqual([
      `ErrImagePull: pod web-7c-ccccc cannot pull image ${image}: ${plainUnauthorized}`,
    ]);
  });

  test("that is gone has no causes", async () => {
    const lost = pod(replicaSet(deployment("web"), "7c", 1), "aaaaa");
    expect(await diagnosed("Deployment", "web", [event(lost, "FailedMount", "left over")])).toEqual([]);
  });
});

test("a single pod, and not the namesake that an Event still speaks of", async () => {
  const one = pod(build, "abcde", { container: waiting("ContainerCreating") });
  const former = pod(build, "abcde");
  const objects = [build, one, event(former, "FailedMount", "the former one's"), event(one, "FailedMount", "its own")];
  expect(await diagnosed("Pod", "build-1-abcde", objects)).toEqual([
    "FailedMount: pod build-1-abcde cannot mount its volumes: its own",
  ]);
});

describe("without rights", () => {
  /** The cluster, for somebody who may not touch some kinds. */
  async function forbidding(kinds: RegExp, objects: readonly KubernetesObject[]) {
    const cluster = await clusterWith(objects);
    const server = createServer(async (request, response) => {
      const path = request.url ?? "";
      const body = { kind: "Status", code: 403, reason: "Forbidden", message: `cannot list ${path}` };
      if (kinds.test(path)) response.writeHead(403).end(JSON.stringify(body));
      else
        await cluster.getRaw(path).then(
          (answer) => response.end(JSON.stringify(answer)),
          () => response.writeHead(404).end(),
        );
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return connect({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  }

  const one = pod(build, "abcde", { container: waiting("ContainerCreating") });
  const objects = [build, one, event(one, "FailedMount", "why")];

  test.each<[string, RegExp, string[]]>([
    ["to anything", /./, []],
    ["to Events", /events/, []],
    ["to pods, Events still tell", /pods/, ["pod build-1-abcde cannot mount its volumes: why"]],
    ["to Jobs, Events still tell", /jobs/, ["pod build-1-abcde cannot mount its volumes: why"]],
  ])("%s", async (_what, kinds, told) => {
    const causes = await causesOf(await forbidding(kinds, objects), { kind: "Job", namespace, name });
    expect(causes.map(({ message }) => message)).toEqual(told);
  });

  test("to ReplicaSets, all pods of the Deployment count", async () => {
    const web = deployment("web");
    const set = replicaSet(web, "7c", 1);
    const client = await forbidding(/replicasets/, [web, set, pod(set, "aaaaa", { container: waiting("Oops", "no") })]);
    expect(await causesOf(client, { kind: "Deployment", namespace, name: "web" })).toMatchObject([
      { message: "pod web-7c-aaaaa cannot start container main: no" },
    ]);
  });
});

test("an API server that cannot be asked is an error", async () => {
  const client = connect({ url: "http://127.0.0.1:1" });
  await expect(causesOf(client, { kind: "Job", namespace, name })).rejects.toMatchObject({ reason: "Unreachable" });
});
