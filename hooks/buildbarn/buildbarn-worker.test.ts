import { describe, expect, test } from "vitest";
import type { Deployment, HorizontalPodAutoscaler } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { evaluated } from "../../test/buildbarn/strict.ts";
import { browser, scheduler, storage, worker } from "../../test/objects/buildbarn.ts";
import { ask, asStored, running } from "../../test/objects/farm.ts";
import { namespace } from "../../test/objects/workers.ts";
import { buildbarnWorker } from "./buildbarn-worker.ts";

type Spec = Parameters<typeof worker>[0];
const farm: KubernetesObject[] = [storage(), scheduler(), browser()];
const sync = (spec: Spec = {}, related = farm, children: KubernetesObject[] = []) =>
  ask(buildbarnWorker, worker(spec), { related, children });

// biome-ignore lint/suspicious/noExplicitAny: configuration is any JSON
function config(spec: Spec = {}, related = farm): any {
  return evaluated(sync(spec, related).configMaps[0]?.data?.["worker-ubuntu22-04.jsonnet"] ?? "null");
}

function pod(spec: Spec = {}, related = farm) {
  return sync(spec, related).deployment?.spec?.template.spec;
}

describe("a pool waits for", () => {
  test.each<[string, KubernetesObject[], string]>([
    ["its scheduler", [storage()], "SchedulerMissing"],
    ["its storage", [scheduler()], "StorageMissing"],
    ["one browser", [...farm, browser({}, { name: "other" })], "BrowserAmbiguous"],
    [
      "a certificate that its scheduler asks for",
      [storage(), scheduler({ tls: { secretName: "t", clientCertificates: true } })],
      "ClientCertificateMissing",
    ],
  ])("%s", (_, related, reason) => {
    expect(sync({}, related).condition("Ready")).toMatchObject({ reason });
    expect(sync({}, related).deployment).toBeUndefined();
  });
});

describe("the queue", () => {
  const platform = (spec: Spec) => config(spec).buildDirectories[0].runners[0].platform.properties;

  test("is that of Linux and the image, unless it is said", () => {
    expect(platform({ runnerImage: "example.com/image:1" })).toEqual([
      { name: "OSFamily", value: "linux" },
      { name: "container-image", value: "docker://example.com/image:1" },
    ]);
    expect(platform({ runnerImage: "" })[1].value).toContain("catthehacker");
  });

  test("has its properties in the order that the scheduler wants", () => {
    const [a, b, c] = [
      { name: "b", value: "2" },
      { name: "b", value: "1" },
      { name: "a", value: "3" },
    ];
    expect(platform({ platform: [a, b, c] })).toEqual([c, b, a]);
  });

  test("has the pool's prefix, size class and environment, where there are any", () => {
    const runner = (spec: Spec) => config(spec).buildDirectories[0].runners[0];
    expect(runner({ instanceNamePrefix: "a", sizeClass: 4, environment: { A: "b" } })).toMatchObject({
      instanceNamePrefix: "a",
      sizeClass: 4,
      environmentVariables: { A: "b" },
    });
    expect(Object.keys(runner({}))).toEqual(["endpoint", "concurrency", "platform", "workerId"]);
  });

  test("is said in the status, with what its pods do at a time", () => {
    const { deployment } = sync({ replicas: 2, concurrency: 4 });
    const children = [asStored(deployment as Deployment, running(deployment as Deployment))];
    expect(sync({ replicas: 2, concurrency: 4 }, farm, children).status).toMatchObject({
      state: "Ready",
      scheduler: "scheduler",
      sizeClass: 0,
      concurrency: 8,
    });
  });

  test("is nobody's business where configuration is written by hand", () => {
    const { status } = sync({ configMapName: "by-hand" });
    for (const field of ["scheduler", "platform", "concurrency"]) expect(status).not.toHaveProperty(field);
  });
});

describe("two pools of one queue", () => {
  const platform = [{ name: "OSFamily", value: "linux" }];
  const other = (spec: Spec) => worker({ platform, runnerImage: "b", ...spec }, { name: "other" });

  test.each<[string, Spec, boolean]>([
    ["with different images", {}, true],
    ["with the same image", { runnerImage: "a" }, false],
    ["of different sizes", { sizeClass: 2 }, false],
    ["of different platforms", { platform: [] }, false],
    ["of different schedulers", { schedulerRef: { name: "other" } }, false],
    ["one of which is written by hand", { configMapName: "by-hand" }, false],
  ])("%s", (_, spec, isConflict) => {
    const { condition } = sync({ platform, runnerImage: "a", sizeClass: 1 }, [
      ...farm,
      other({ sizeClass: 1, ...spec }),
    ]);
    expect(condition("Degraded")?.reason === "PlatformConflict").toBe(isConflict);
    if (isConflict)
      expect(condition("Degraded")?.message).toContain("BuildbarnWorker other has the same spec.platform");
  });
});

test.each<[string, Spec, Spec, boolean]>([
  ["a pool without a size in a queue that has sizes is told to have one", {}, { sizeClass: 4 }, true],
  ["its sibling with a size is not", { sizeClass: 4 }, {}, false],
  ["nor is a pool of another queue", {}, { sizeClass: 4, platform: [] }, false],
])("%s", (_, spec, sibling, isConflict) => {
  const { condition } = sync(spec, [...farm, worker(spec), worker(sibling, { name: "other" })]);
  const degraded = condition("Degraded");
  expect(degraded?.reason === "PlatformConflict").toBe(isConflict);
  if (isConflict) expect(degraded?.message).toContain("spec.sizeClass must be set: BuildbarnWorker other has the same");
});

test("a queue whose instance name Buildbarn would not take is not generated", () => {
  const { condition, deployment } = sync({ instanceNamePrefix: "team/blobs" });
  expect(deployment).toBeUndefined();
  expect(condition("Ready")).toMatchObject({ status: "False", reason: "InstanceNameInvalid" });
  expect(condition("Ready")?.message).toContain('spec.instanceNamePrefix: "team/blobs": parts of an instance name are');
});

describe("a worker that is to stop finishes its actions", () => {
  test("it has the time that its scheduler gives to actions", () => {
    expect(pod()?.terminationGracePeriodSeconds).toBe(7260);
    expect(pod({ terminationGracePeriodSeconds: 60 })?.terminationGracePeriodSeconds).toBe(60);
  });

  test("its runner starts before it and ends after it", () => {
    const [, , runner] = pod()?.initContainers ?? [];
    expect(runner).toMatchObject({
      name: "runner",
      restartPolicy: "Always",
      command: ["/bb/bb_runner", "/config/runner-ubuntu22-04.jsonnet"],
    });
    expect(runner?.startupProbe).toMatchObject({ httpGet: { port: "runner-diag" } });
    expect(pod({ version: "2025-08" })?.initContainers?.[2]?.command?.slice(0, 4)).toEqual([
      "/bb/tini",
      "-v",
      "--",
      "/bb/bb_runner",
    ]);
    const files = sync().configMaps[0]?.data;
    expect(files?.["runner-ubuntu22-04.jsonnet"]).toContain('"stopGracefully": true');
  });

  test("written by hand, too: as long as any scheduler here gives", () => {
    const keys = ["worker-ubuntu22-04.jsonnet", "runner-ubuntu22-04.jsonnet"];
    const data = Object.fromEntries(keys.map((key) => [key, "{}"]));
    const map = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "by-hand", namespace },
      data,
    } as KubernetesObject;
    const template = pod({ configMapName: "by-hand" }, [...farm, map]);
    expect(template?.terminationGracePeriodSeconds).toBe(7260);
    expect(template?.initContainers?.[2]).not.toHaveProperty("startupProbe");
    expect(template?.containers[0]?.args).toEqual(["/config/worker-ubuntu22-04.jsonnet"]);
  });
});

describe("the build directory", () => {
  test("is native unless it is said", () => {
    expect(config().buildDirectories[0].native).toMatchObject({ maximumCacheSizeBytes: "1073741824" });
    expect(pod()?.containers[0]?.securityContext).toEqual({ allowPrivilegeEscalation: false });
    expect(pod()?.initContainers?.[1]?.command?.[2]).toContain("/worker/cache");
  });

  test("with FUSE is privileged, keeps blobs on disk and bounds what actions write", () => {
    const spec = { concurrency: 3, buildDirectory: { type: "FUSE", cacheSize: "10Gi", filePoolSize: "2Gi" } };
    expect(config(spec)).toMatchObject({
      blobstore: { contentAddressableStorage: { readCaching: { fast: { local: {} } } } },
      filePool: { blockDevice: { file: { sizeBytes: String(3 * 2 * 1024 ** 3) } } },
      buildDirectories: [{ virtual: {}, runners: [{ maximumFilePoolSizeBytes: String(2 * 1024 ** 3) }] }],
      prefetching: { fileSystemAccessCache: { sharding: {} } },
    });
    const template = pod(spec);
    expect(template?.containers[0]).toMatchObject({ securityContext: { privileged: true } });
    expect(template?.containers[0]?.volumeMounts?.[1]).toMatchObject({ mountPropagation: "Bidirectional" });
    expect(template?.initContainers?.[2]?.volumeMounts?.[1]).toMatchObject({ mountPropagation: "HostToContainer" });
    expect(template?.initContainers?.[1]?.command?.[2]).toContain("/worker/cas/persistent_state");
  });

  test("even a small cache has whole blocks, and each holds the largest message", () => {
    const spec = { maximumMessageSizeBytes: 65_536, buildDirectory: { type: "FUSE", cacheSize: "2600Ki" } };
    const { local } = config(spec).blobstore.contentAddressableStorage.readCaching.fast;
    expect(local.keyLocationMapOnBlockDevice.file.sizeBytes).toBe("65536");
    expect(local.blocksOnBlockDevice.source.file.sizeBytes).toBe(String(65_536 * 38));
  });

  test.each<[string, Spec, string | undefined]>([
    [
      "blocks that are smaller than a message",
      { buildDirectory: { type: "FUSE", cacheSize: "1Ki" } },
      "spec.buildDirectory.cacheSize: 1Ki leaves blocks of 4096 bytes, less than maximumMessageSizeBytes",
    ],
    [
      "a disk that is smaller than its cache",
      { buildDirectory: { cacheSize: "1Gi", volumeSize: "1023Mi" } },
      "spec.buildDirectory.volumeSize: 1023Mi is less than 1073741824 bytes, which cacheSize alone may take",
    ],
    [
      "a disk that actions could fill",
      { concurrency: 2, buildDirectory: { type: "FUSE", cacheSize: "1Gi", filePoolSize: "1Gi", volumeSize: "2Gi" } },
      "which cacheSize, and filePoolSize for each of spec.concurrency, may take",
    ],
    ["a disk that holds all of it", { buildDirectory: { cacheSize: "1Gi", volumeSize: "1Gi" } }, undefined],
  ])("has %s", (_, spec, message) => {
    const { condition, deployment } = sync(spec);
    expect(deployment === undefined).toBe(message !== undefined);
    if (message === undefined) return;
    expect(condition("Ready")?.reason).toBe("VolumeTooSmall");
    expect(condition("Ready")?.message).toContain(message);
  });

  test.each<[string | undefined, object]>([
    [undefined, {}],
    ["1024Mi", { sizeLimit: "1Gi" }],
    ["much", { sizeLimit: "much" }],
  ])("has a limit of %s", (volumeSize, emptyDir) => {
    const buildDirectory = volumeSize === undefined ? {} : { volumeSize };
    expect(pod({ buildDirectory })?.volumes?.[2]).toEqual({ name: "worker", emptyDir });
  });
});

describe("the number of pods", () => {
  const autoscaling = { minReplicas: 2, maxReplicas: 5 };
  const stored = (replicas: number) => {
    const { deployment } = sync();
    return [asStored({ ...deployment, spec: { ...deployment?.spec, replicas } } as Deployment)];
  };

  test.each<[string, Spec, KubernetesObject[], number]>([
    ["is as wanted", { replicas: 3 }, stored(7), 3],
    ["is the least at first, with an autoscaler", { autoscaling }, [], 2],
    ["is carried over to an autoscaler", { replicas: 3, autoscaling }, stored(8), 8],
    ["is the least for an autoscaler that would leave 0 alone", { autoscaling }, stored(0), 2],
    ["is 0 for one that begins there", { autoscaling: { ...autoscaling, minReplicas: 0 } }, stored(0), 0],
    ["is left to somebody else", { autoscaling: { ...autoscaling, mode: "External" } }, stored(0), 0],
  ])("%s", (_, spec, children, replicas) => {
    expect(sync(spec, farm, children).deployment?.spec?.replicas).toBe(replicas);
  });

  test.each<[string, object, object]>([
    [
      "its concurrency",
      {},
      { target: { averageValue: "8" }, metric: { selector: { matchLabels: { pool: "worker" } } } },
    ],
    [
      "what it says",
      { actionsPerReplica: 1000, metricName: "m", metricLabels: { a: "b" } },
      { target: { averageValue: "1k" }, metric: { name: "m", selector: { matchLabels: { a: "b" } } } },
    ],
  ])("follows the queue: one pod for %s", (_, more, external) => {
    const { child } = sync({ autoscaling: { ...autoscaling, ...more } });
    expect(child<HorizontalPodAutoscaler>("HorizontalPodAutoscaler")?.spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 5,
      scaleTargetRef: { name: "worker" },
      metrics: [{ external }],
    });
  });

  test("may be somebody else's affair", () => {
    expect(sync({ autoscaling: { ...autoscaling, mode: "External" } }).kinds).not.toContain("HorizontalPodAutoscaler");
    expect(sync().kinds).not.toContain("HorizontalPodAutoscaler");
  });

  test("counts when it was ready for a while", () => {
    expect(sync({ minReadySeconds: 9 }).deployment?.spec?.minReadySeconds).toBe(9);
    expect(sync().deployment?.spec).not.toHaveProperty("minReadySeconds");
  });
});

test("both files may be overridden, and both sides may use TLS", () => {
  const tls = { secretName: "t" };
  const spec = { configOverrides: { a: 1 }, runnerConfigOverrides: { b: 2 }, clientTls: { secretName: "c" } };
  const { configMaps, deployment } = sync(spec, [storage({ tls }), scheduler({ tls })]);
  expect(configMaps[0]?.data?.["worker-ubuntu22-04.jsonnet"]).toContain('"a": 1');
  expect(configMaps[0]?.data?.["runner-ubuntu22-04.jsonnet"]).toContain('"b": 2');
  const names = deployment?.spec?.template.spec?.containers[0]?.env?.map(({ name }) => name);
  expect(names).toEqual(["NODE_NAME", "POD_NAME", "STORAGE_AUTHORITIES", "SCHEDULER_AUTHORITIES"]);
});
