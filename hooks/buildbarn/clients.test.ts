import { describe, expect, test } from "vitest";
import type { ConfigMap, Deployment, Ingress, Service } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import {
  browser,
  clientUids,
  frontend,
  plainStorage,
  scheduler,
  storage,
  worker,
} from "../../test/objects/buildbarn.ts";
import { ask, asStored, running } from "../../test/objects/farm.ts";
import { at, namespace } from "../../test/objects/workers.ts";
import { buildbarnBrowser } from "./buildbarn-browser.ts";
import { buildbarnFrontend } from "./buildbarn-frontend.ts";
import { buildbarnScheduler } from "./buildbarn-scheduler.ts";

type World = Parameters<typeof ask>[2];
const farm: KubernetesObject[] = [storage(), scheduler(), frontend(), browser(), worker()];
const sync = (spec: Parameters<typeof frontend>[0] = {}, world: World = { related: farm }) =>
  ask(buildbarnFrontend, frontend(spec), world);
const schedule = (spec: Parameters<typeof scheduler>[0] = {}, related = farm) =>
  ask(buildbarnScheduler, scheduler(spec), { related });
const browse = (spec: Parameters<typeof browser>[0] = {}, related = farm) =>
  ask(buildbarnBrowser, browser(spec), { related });

/** The frontend's children as they are stored, with all pods running what is asked for. */
function stored(spec: Parameters<typeof frontend>[0] = {}, world?: World): KubernetesObject[] {
  return sync(spec, world).answer.children.map((child) =>
    child.kind === "Deployment" ? asStored(child, running(child as Deployment)) : child,
  );
}

function configOf({ configMaps }: { configMaps: ConfigMap[] }, key: string) {
  return JSON.parse(configMaps[0]?.data?.[key] ?? "null");
}

function byHand(keys: string[], data: Record<string, string> = {}): KubernetesObject {
  const content = { ...Object.fromEntries(keys.map((key) => [key, "{}"])), ...data };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "by-hand", namespace }, data: content } as never;
}

describe("a client waits for what it needs, and says for what", () => {
  const noted = (shards: number) => ({ shardMap: { revision: 1, shards, clients: clientUids } });
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
    expect(condition("Degraded")).toMatchObject({ status: "True", reason });
    expect(status).toMatchObject({ state: "NotFound" });
    expect(status).not.toHaveProperty("storage");
    expect(answer.resyncAfterSeconds).toBeLessThanOrEqual(30);
  });

  test("what waits for its turn is under way, what lacks something is not", () => {
    expect(sync({}, { related: [scheduler(), plain] }).condition("Progressing")).toMatchObject({ status: "True" });
    expect(sync({}, { related: [scheduler()] }).condition("Progressing")).toMatchObject({ status: "False" });
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
  });
});

describe("what a client says of its shards", () => {
  const use = (children: KubernetesObject[], related = farm) => sync({}, { related, children }).status.storage;

  test("not before its pods run", () => {
    expect(use([])).toEqual({ name: "storage", revision: 1, shards: 2, settled: false });
    expect(use(stored())).toEqual({ name: "storage", revision: 1, shards: 2, settled: true });
  });

  test("a new revision is a new promise, though the configuration is the same", () => {
    const status = { shardMap: { revision: 3, shards: 2, clients: clientUids } };
    const related = [scheduler(), storage({}, { status })];
    expect(use(stored(), related)).toEqual({ name: "storage", revision: 3, shards: 2, settled: false });
  });

  test("where blobs are looked for counts, too", () => {
    const status = { shardMap: { revision: 3, shards: 1, previousShards: 2, clients: clientUids } };
    const related = [scheduler(), browser(), storage({}, { status })];
    expect(use([], related)).toMatchObject({ shards: 2 });
    const { backend } = configOf(sync({}, { related }), "frontend.jsonnet").contentAddressableStorage;
    expect(Object.keys(backend.readFallback.primary.sharding.shards)).toEqual(["0"]);
    expect(Object.keys(backend.readFallback.secondary.sharding.shards)).toEqual(["0", "1"]);
  });
});

test("a pull secret that is named twice is asked for once", () => {
  const names = [{ name: "a" }, { name: "b" }, { name: "a" }];
  const { deployment } = sync({ imagePullSecrets: names });
  expect(deployment?.spec?.template.spec?.imagePullSecrets).toEqual([{ name: "a" }, { name: "b" }]);
});

describe("configuration that is written by hand", () => {
  const related = [...farm, byHand(["frontend.jsonnet"], { "common.libsonnet": "{}", "other.jsonnet": "{}" })];
  const manual = { configMapName: "by-hand" };

  test.each<[string, Parameters<typeof frontend>[0], KubernetesObject[], string]>([
    ["as many shards as there are", { ...manual, configShards: 2 }, related, "AsExpected"],
    ["more", { ...manual, configShards: 3 }, related, "ShardMismatch"],
    ["no number", manual, related, "AsExpected"],
    [
      "a number where nobody knows which storage is meant",
      { ...manual, configShards: 3 },
      related.slice(1),
      "AsExpected",
    ],
    [
      "a number before there are shards",
      { ...manual, configShards: 3 },
      [plainStorage(), ...related.slice(1)],
      "AsExpected",
    ],
  ])("that names %s", (_, spec, objects, reason) => {
    expect(sync(spec, { related: objects }).condition("Degraded")).toMatchObject({ reason });
  });

  const hash = (objects: KubernetesObject[]) =>
    sync(manual, { related: objects }).deployment?.spec?.template.metadata?.annotations?.["octoplane.io/config-hash"];

  test("is mounted as it is; nobody asks programs that may not answer", () => {
    const { deployment, configMaps, kinds } = sync(manual, { related });
    expect(kinds).not.toContain("ConfigMap");
    expect(configMaps).toEqual([]);
    const [container] = deployment?.spec?.template.spec?.containers ?? [];
    expect(deployment?.spec?.template.spec?.volumes?.[0]).toMatchObject({ configMap: { name: "by-hand" } });
    expect(container).not.toHaveProperty("readinessProbe");
    const probes = { timeoutSeconds: 1 };
    const asked = sync({ ...manual, probes }, { related }).deployment?.spec?.template.spec?.containers[0];
    expect(asked?.readinessProbe).toMatchObject({ timeoutSeconds: 1, periodSeconds: 10 });
  });

  test("takes the generated one away when no pod can read it any more", () => {
    const generated = sync().configMaps;
    const left = (children: KubernetesObject[]) => sync(manual, { related, children }).configMaps;
    expect(left([...stored(), ...generated]).map(({ metadata }) => metadata.name)).toEqual([
      generated[0]?.metadata.name,
    ]);
    expect(left([...stored(manual, { related }), ...generated])).toEqual([]);
  });

  test("rolls the pods that read what changed, and no others", () => {
    const changed = (data: Record<string, string>) => [
      ...farm,
      byHand(["frontend.jsonnet"], { "common.libsonnet": "{}", "other.jsonnet": "{}", ...data }),
    ];
    expect(hash(changed({ "other.jsonnet": "new" }))).toBe(hash(related));
    expect(hash(changed({ "common.libsonnet": "new" }))).not.toBe(hash(related));
    expect(hash(changed({ "frontend.jsonnet": "new" }))).not.toBe(hash(related));
  });

  test.each<[string, KubernetesObject[], string]>([
    ["is missing", farm, "spec.configMapName: there is no ConfigMap by-hand"],
    ["lacks a file", [...farm, byHand([])], "spec.configMapName: ConfigMap by-hand lacks frontend.jsonnet"],
    [
      "is empty",
      [...farm, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "by-hand", namespace } }],
      "lacks frontend.jsonnet",
    ],
  ])("%s", (_, objects, message) => {
    const { condition, deployment } = sync(manual, { related: objects });
    expect(condition("Ready")).toMatchObject({ status: "False", reason: "ConfigMissing" });
    expect(condition("Ready")?.message).toContain(message);
    expect(deployment).toBeUndefined();

    const running = stored(manual, { related });
    const again = sync(manual, { related: objects, children: running });
    expect(again.deployment?.spec?.template).toEqual(
      (running.find(({ kind }) => kind === "Deployment") as Deployment).spec?.template,
    );
  });

  test.each<[string, object, object | undefined]>([
    ["nobody knows which shards it names", {}, { name: "storage", revision: 0, shards: 0, settled: false }],
    ["unless it is said", { configShards: 2 }, { name: "storage", revision: 0, shards: 2, settled: true }],
    ["of another storage, it is that one's", { storageRef: { name: "none" } }, undefined],
  ])("%s", (_, more, expected) => {
    const spec = { ...manual, ...more };
    expect(sync(spec, { related, children: stored(spec, { related }) }).status.storage).toEqual(expected);
  });
});

describe("pods", () => {
  const pod = (spec: Parameters<typeof frontend>[0]) => sync(spec).deployment?.spec?.template;

  test("have what the resource asks for", () => {
    expect(
      pod({
        image: "example.com/bb:1",
        resources: { requests: { cpu: "0.5" }, limits: { memory: "1024Mi" } },
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "a", value: "" }],
        imagePullSecrets: [{ name: "pull" }, { name: "other" }, { name: "pull" }],
        priorityClassName: "high",
        podAnnotations: { a: "b" },
        terminationGracePeriodSeconds: 7,
        spread: { topologyKey: "zone" },
      }),
    ).toMatchObject({
      metadata: { annotations: { a: "b" }, labels: { app: "frontend", component: "frontend" } },
      spec: {
        containers: [
          {
            image: "example.com/bb:1",
            resources: { requests: { cpu: "500m" }, limits: { memory: "1Gi" } },
          },
        ],
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "a" }],
        imagePullSecrets: [{ name: "pull" }, { name: "other" }],
        priorityClassName: "high",
        terminationGracePeriodSeconds: 7,
        topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }],
      },
    });
  });

  test("what is no quantity is left for the check of children to refuse", () => {
    expect(() => pod({ resources: { limits: { memory: "odd" } } })).toThrow('is "odd", not a quantity');
  });

  test("have nothing of what is empty, and the images of their version", () => {
    const { spec } = pod({ image: "", priorityClassName: "", version: "2025-08" }) ?? {};
    expect(spec?.containers[0]?.image).toBe("ghcr.io/buildbarn/bb-storage:20250827T121715Z-fbb7c11");
    expect(spec).not.toHaveProperty("priorityClassName");
    expect(spec?.containers[0]).not.toHaveProperty("resources");
  });

  test("a client without a generation has the first", () => {
    const parent = frontend();
    delete parent.metadata.generation;
    const { deployment } = ask(buildbarnFrontend, parent, { related: farm });
    expect(deployment?.metadata.annotations?.["octoplane.io/generation"]).toBe("1");
  });
});

describe("configuration follows", () => {
  const address = (spec: Parameters<typeof frontend>[0], settings = {}) => {
    const config = configOf(sync(spec, { related: farm, settings }), "frontend.jsonnet");
    return config.contentAddressableStorage.backend.sharding.shards["0"].backend.grpc;
  };

  test("the version", () => {
    expect(address({})).toEqual({ client: { address: "storage-0.storage.team:8981" } });
    expect(address({ version: "2025-08" })).toEqual({ address: "storage-0.storage.team:8981" });
  });

  test("the cluster's domain", () => {
    expect(address({}, { buildbarn: { clusterDomain: "c.local" } }).client.address).toBe(
      "storage-0.storage.team.svc.c.local:8981",
    );
  });

  test("rights and overrides", () => {
    const spec = { auth: { execute: { policy: "Deny" } }, configOverrides: { maximumMessageSizeBytes: 5 } };
    expect(configOf(sync(spec), "frontend.jsonnet")).toMatchObject({
      executeAuthorizer: { deny: {} },
      maximumMessageSizeBytes: 5,
    });
    expect(configOf(browse({ auth: { view: { policy: "Deny" } } }), "browser.jsonnet").authorizer).toEqual({
      deny: {},
    });
    const rights = { execute: {}, modifyDrains: {}, killOperations: {}, synchronize: {} };
    const auth = Object.fromEntries(Object.keys(rights).map((right) => [right, { policy: "Deny" }]));
    expect(configOf(schedule({ auth }), "scheduler.jsonnet")).toMatchObject(
      Object.fromEntries(Object.keys(rights).map((right) => [`${right}Authorizer`, { deny: {} }])),
    );
  });

  test("TLS", () => {
    const tls = { secretName: "t" };
    const related = [storage({ tls }), scheduler({ tls }), browser(), worker()];
    const volumes = (deployment: Deployment | undefined) =>
      deployment?.spec?.template.spec?.volumes?.map(({ name }) => name);
    const own = { tls, clientTls: { secretName: "c" } };
    expect(volumes(sync(own, { related }).deployment)).toEqual(["configs", "server-tls", "client-tls"]);
    expect(volumes(schedule(own, related).deployment)).toEqual(["configs", "server-tls", "client-tls"]);
    expect(volumes(browse({ clientTls: own.clientTls }, related).deployment)).toEqual(["configs", "client-tls"]);
  });
});

describe("a frontend that is open to the world", () => {
  test.each<[string, Parameters<typeof frontend>[0], boolean]>([
    ["behind a load balancer, for everybody", { serviceType: "LoadBalancer" }, true],
    ["inside of the cluster", {}, false],
    ["for those with a right", { serviceType: "LoadBalancer", auth: { put: { policy: "Deny" } } }, false],
    [
      "for those with a certificate",
      { serviceType: "LoadBalancer", tls: { secretName: "t", clientCertificates: true } },
      false,
    ],
    ["as its user wrote", { serviceType: "LoadBalancer", configMapName: "by-hand" }, false],
  ])("%s", (_, spec, isOpen) => {
    const { condition } = sync(spec, { related: [...farm, byHand(["frontend.jsonnet"])] });
    expect(condition("Degraded")?.reason === "OpenToTheWorld").toBe(isOpen);
  });
});

describe("the scheduler", () => {
  test("ends before its successor starts", () => {
    expect(schedule().deployment?.spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    expect(
      schedule()
        .child<Service>("Service")
        ?.spec?.ports?.map(({ port }) => port),
    ).toEqual([8982, 8983, 8984, 7982]);
  });

  test("has an Ingress only where that is wanted", () => {
    expect(schedule().kinds).not.toContain("Ingress");
    const ingress = { host: "s.test", className: "nginx", tlsSecretName: "t", annotations: { a: "b" } };
    expect(schedule({ ingress }).child<Ingress>("Ingress")).toMatchObject({
      metadata: { annotations: { a: "b" } },
      spec: { ingressClassName: "nginx", tls: [{ hosts: ["s.test"], secretName: "t" }], rules: [{ host: "s.test" }] },
    });
  });

  test("links to the browser, if there is one", () => {
    expect(configOf(schedule(), "scheduler.jsonnet").browserUrl).toBe("http://browser.team:7984");
    expect(configOf(schedule({}, [storage()]), "scheduler.jsonnet")).not.toHaveProperty("browserUrl");
    const two = [storage(), browser(), browser({}, { name: "other" })];
    expect(schedule({}, two).condition("Ready")).toMatchObject({ reason: "BrowserAmbiguous" });
    expect(schedule({ browserRef: { name: "other" } }, two).deployment).toBeDefined();
  });

  test("waits for its storage", () => {
    expect(schedule({}, []).condition("Ready")).toMatchObject({ reason: "StorageMissing" });
    expect(browse({}, []).condition("Ready")).toMatchObject({ reason: "StorageMissing" });
  });

  describe("knows the queues of", () => {
    const large = { platform: [{ name: "pool", value: "large" }] };
    const platform = { instanceNamePrefix: "", platform: large.platform };
    const autoscaling = { maxReplicas: 3 };

    test.each<[string, KubernetesObject[], unknown]>([
      ["no pool that has workers", [worker(large)], undefined],
      ["pools that say so", [worker({ ...large, predeclared: true })], [{ ...platform, sizeClasses: [0] }]],
      ["pools without pods", [worker({ ...large, replicas: 0 })], [{ ...platform, sizeClasses: [0] }]],
      [
        "pools that may have none",
        [worker({ ...large, autoscaling: { ...autoscaling, minReplicas: 0 } })],
        [{ ...platform, sizeClasses: [0] }],
      ],
      [
        "pools that somebody else scales",
        [worker({ ...large, autoscaling: { ...autoscaling, mode: "External" } })],
        [{ ...platform, sizeClasses: [0] }],
      ],
      ["no pool that always has one", [worker({ ...large, autoscaling })], undefined],
      [
        "pools of several sizes",
        [worker({ ...large, sizeClass: 8 }), worker({ ...large, sizeClass: 2 }, { name: "other" })],
        [{ ...platform, sizeClasses: [2, 8] }],
      ],
      [
        "pools of several sizes, but for the one that has none",
        [worker({ ...large, sizeClass: 8 }), worker(large, { name: "other" })],
        [{ ...platform, sizeClasses: [8] }],
      ],
      ["no pool whose instance name is none", [worker({ replicas: 0, instanceNamePrefix: "a/uploads" })], undefined],
      [
        "prefixes of their own, in a fixed order",
        [
          worker({ ...large, replicas: 0, instanceNamePrefix: "b" }),
          worker({ ...large, replicas: 0, instanceNamePrefix: "a" }, { name: "a" }),
        ],
        [
          { ...platform, instanceNamePrefix: "a", sizeClasses: [0] },
          { ...platform, instanceNamePrefix: "b", sizeClasses: [0] },
        ],
      ],
      ["no pool of another scheduler", [worker({ replicas: 0, schedulerRef: { name: "other" } })], undefined],
      [
        "no pool without a reference, where there are two",
        [worker({ replicas: 0 }), scheduler({}, { name: "other" })],
        undefined,
      ],
    ])("%s", (_, pools, queues) => {
      const answer = schedule({}, [storage(), scheduler(), ...pools]);
      expect(answer.status.predeclaredQueues).toEqual(queues);
      expect(configOf(answer, "scheduler.jsonnet").predeclaredPlatformQueues?.length).toBe(
        (queues as unknown[] | undefined)?.length,
      );
    });

    test("nobody, where configuration is written by hand", () => {
      const related = [byHand(["scheduler.jsonnet"]), worker({ replicas: 0 })];
      expect(schedule({ configMapName: "by-hand" }, related).status).not.toHaveProperty("predeclaredQueues");
    });
  });
});

test.each([["a//b"], ["a/"], ["operations"]])("an authorizer cannot name %s", (name) => {
  const auth = { execute: { policy: "InstanceNamePrefixes", instanceNamePrefixes: ["", "team/a", name] } };
  const { deployment, condition } = schedule({ auth }, [storage(), scheduler()]);
  expect(deployment).toBeUndefined();
  expect(condition("Ready")?.message).toContain(`spec.auth.execute.instanceNamePrefixes: "${name}": parts of`);
});

test("the browser says where it is", () => {
  expect(browse({ ingressHost: "b.test" }).status.url).toBe("http://b.test");
  expect(browse({ ingressHost: "b.test" }).child<Ingress>("Ingress")?.spec).toMatchObject({
    rules: [{ host: "b.test" }],
  });
  expect(browse().kinds).not.toContain("Ingress");
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
  const since = {
    ...frontend(),
    status: {
      conditions: [{ type: "Progressing", status: "True", reason: "x", message: "x", lastTransitionTime: at(-60) }],
    },
  };
  const [deployment] = children.filter(({ kind }) => kind === "Deployment");
  const waiting = asStored(deployment as KubernetesObject, { observedGeneration: 1 });
  const later = ask(buildbarnFrontend, since as never, { related: farm, children: [waiting] });
  expect(later.condition("Ready")?.reason).toBe("WaitingForPods");
});
