import { describe, expect, test } from "vitest";
import type { StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { frontend, plainStorage, scheduler, worker } from "../../test/objects/buildbarn.ts";
import { asStored, running } from "../../test/objects/farm.ts";
import { atRest, stepped, sync } from "../../test/objects/storage.ts";
import { at } from "../../test/objects/workers.ts";

type Spec = Parameters<typeof plainStorage>[0];

describe("children", () => {
  test("are a StatefulSet, a headless Service, a budget and the configuration", () => {
    const { kinds, child, answer } = sync(plainStorage());
    expect(kinds).toEqual(["ConfigMap", "PodDisruptionBudget", "Service", "StatefulSet"]);
    expect(child("Service")).toMatchObject({ spec: { clusterIP: "None", ports: [{ name: "grpc", port: 8981 }] } });
    expect(answer.children.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toContain("StatefulSet storage");
  });

  test("a former configuration stays until no pod can need it", () => {
    const parent = plainStorage();
    const { configMaps, statefulSet } = sync(parent);
    const former = { ...configMaps[0], metadata: { name: "storage-storage-before", namespace: "team" } };
    const children = [...configMaps, former as never, asStored(statefulSet as StatefulSet)];
    expect(sync(parent, { children }).configMaps).toHaveLength(2);

    const stored = atRest(parent);
    expect(sync(parent, { children: [...configMaps, former as never, stored] }).configMaps).toHaveLength(1);
  });

  test("none are wanted where an older resource has the name", () => {
    const { answer, condition } = sync(plainStorage(), {
      related: [scheduler({}, { name: "storage", creationTimestamp: at(-7200) })],
    });
    expect(answer.children).toEqual([]);
    expect(condition("Ready")).toMatchObject({ status: "False", reason: "NameConflict" });
    expect(answer.status).toMatchObject({ state: "NotFound" });
  });
});

describe("status", () => {
  test("says that shards start", () => {
    const { status, condition } = sync(plainStorage());
    expect(status).toMatchObject({ state: "NotFound", version: "2026-06", replicas: 0 });
    expect(status).not.toHaveProperty("shardMap");
    expect(status.shards).toMatchObject([
      { name: "storage-0", address: "storage-0.storage.team:8981", phase: "Starting" },
      { name: "storage-1", phase: "Starting" },
    ]);
    expect(condition("Progressing")).toMatchObject({ status: "True", reason: "RollingOut" });
  });

  test("publishes what is stored, and not what is about to be", () => {
    const first = stepped(plainStorage(), { related: [frontend()] });
    const second = sync(plainStorage(), { related: [frontend()], children: [first] });
    expect(second.status.shardMap).toEqual({
      revision: 1,
      shards: 0,
      clients: [{ uid: "uid-BuildbarnFrontend-frontend", generation: 1 }],
    });
    const third = sync(plainStorage(), { related: [frontend()], children: [atRest(plainStorage(), [frontend()])] });
    expect(third.status.shardMap).toMatchObject({ revision: 2, shards: 2 });
    expect(third.status).toMatchObject({ state: "Ready", shards: [{ phase: "Serving" }, { phase: "Serving" }] });
    expect(third.condition("Ready")).toMatchObject({ status: "True", reason: "Running" });
    expect(third.condition("Progressing")).toMatchObject({ status: "False" });
  });

  test.each<[string, Spec]>([
    ["is about to be made anew", {}],
    ["cannot be made", { volumes: { fsac: { size: "0" } } }],
  ])("remembers the last revision while the StatefulSet %s: nobody uses it twice", (_, spec) => {
    const gone = sync(
      plainStorage(spec, { status: { shardMap: { revision: 7, shards: 2, clients: [{ uid: "x", generation: 1 }] } } }),
    );
    expect(gone.status.shardMap).toEqual({ revision: 7, shards: 0 });
  });

  test("says what growing waits for", () => {
    const parent = plainStorage({ replicas: 3 });
    const small = atRest(plainStorage());
    const children = [
      asStored(sync(parent, { children: [small] }).statefulSet as StatefulSet, running({ spec: { replicas: 2 } })),
    ];
    const { condition, status } = sync(parent, { children });
    expect(condition("Ready")).toMatchObject({ status: "False" });
    expect((status.shards as { phase: string }[]).map(({ phase }) => phase)).toEqual([
      "Serving",
      "Serving",
      "Starting",
    ]);

    const ready = [asStored(children[0] as StatefulSet, { ...running({ spec: { replicas: 3 } }) })];
    const unready = [asStored(children[0] as StatefulSet, { ...running({ spec: { replicas: 3 } }), replicas: 4 })];
    expect(sync(parent, { children: ready }).statefulSet?.metadata.annotations?.["octoplane.io/shards"]).toContain(
      '"shards":3',
    );
    expect(sync(parent, { children: unready }).condition("Progressing")?.message).toContain("2 of 3 pods".slice(2));
  });

  test("says who keeps shards from going", () => {
    const related = [frontend()];
    const big = atRest(plainStorage({ replicas: 3 }), related);
    const parent = plainStorage({ replicas: 1 });
    const told = stepped(parent, { related, children: [big] });
    const { condition, status, statefulSet } = sync(parent, { related, children: [told] });
    expect(statefulSet?.spec?.replicas).toBe(3);
    expect(condition("Progressing")).toMatchObject({
      status: "True",
      reason: "Shrinking",
      message: "shards 1 to 2 stay until BuildbarnFrontend frontend let go of them",
    });
    expect(status.shards).toMatchObject([{ phase: "Serving" }, { phase: "Retiring" }, { phase: "Retiring" }]);
  });

  test("says that blobs are still looked for on the former shards", () => {
    const resharding = { readFallbackSeconds: 60 };
    const children = [atRest(plainStorage({ resharding }))];
    const step = stepped(plainStorage({ resharding, replicas: 1 }), { children });
    const { condition, status } = sync(plainStorage({ resharding, replicas: 1 }), { children: [step] });
    expect(condition("Progressing")).toMatchObject({ reason: "Migrating" });
    expect(status.shardMap).toEqual({ revision: 3, shards: 1, previousShards: 2 });
  });
});

describe("asks again, since nothing else happens then,", () => {
  const resharding = { readFallbackSeconds: 60 };

  test.each<[string, Spec, Spec, KubernetesObject[], number]>([
    ["when a fallback ends", { resharding }, { resharding, replicas: 1 }, [], 60],
    ["when the pods of a client that is gone are gone, too", {}, {}, [frontend()], 30 + 120],
  ])("%s", (_, before, after, related, seconds) => {
    const { answer, statefulSet } = sync(plainStorage(after), { children: [atRest(plainStorage(before), related)] });
    const others = answer.children.filter(({ kind }) => kind !== "StatefulSet");
    const stored = asStored(statefulSet as StatefulSet, running(statefulSet as StatefulSet));
    expect(sync(plainStorage(after), { children: [...others, stored] }).answer.resyncAfterSeconds).toBe(seconds);
  });
});

describe("who counts as a client", () => {
  const names = (related: KubernetesObject[]) => {
    const text = sync(plainStorage(), { related }).statefulSet?.metadata.annotations?.["octoplane.io/shards"];
    return (JSON.parse(text ?? "{}") as { clients: { title: string; graceSeconds: number }[] }).clients;
  };
  const other = plainStorage({}, { name: "other" });

  test.each<[string, KubernetesObject[], number]>([
    ["everybody, where there is no other storage", [frontend(), worker()], 2],
    ["nobody without a reference, where there is", [frontend(), other, plainStorage()], 0],
    ["who refers to it", [frontend({ storageRef: { name: "storage" } }), other, plainStorage()], 1],
    ["not who refers to another", [frontend({ storageRef: { name: "other" } })], 0],
    ["who writes configuration by hand may mean any", [frontend({ configMapName: "x" }), other, plainStorage()], 1],
  ])("%s", (_, related, count) => {
    expect(names(related)).toHaveLength(count);
  });

  test.each<[string, KubernetesObject[], number]>([
    ["a program, half a minute", [frontend()], 30],
    ["as long as it says", [frontend({ terminationGracePeriodSeconds: 5 })], 5],
    ["a worker, as long as an action may run", [worker(), scheduler({ maximumExecutionTimeoutSeconds: 100 })], 160],
    ["a worker without a scheduler, half a minute", [worker()], 30],
  ])("time to end: %s", (_, related, seconds) => {
    expect(names(related).find(({ title }) => !title.includes("Scheduler"))?.graceSeconds).toBe(seconds);
  });

  test("a client without a uid, which no API server has, is one nonetheless", () => {
    const nobody = frontend();
    delete nobody.metadata.uid;
    expect(names([nobody])).toMatchObject([{ uid: "" }]);
  });

  test("one whose StatefulSet is gone keeps the shards that the storage had", () => {
    const shards = [0, 1, 2].map((n) => ({ name: `storage-${n}`, address: `${n}`, phase: "Serving" as const }));
    const parent = plainStorage({ replicas: 1 }, { status: { shards } });
    expect(sync(parent, { related: [frontend()] }).statefulSet?.spec?.replicas).toBe(3);
    expect(sync(parent).statefulSet?.spec?.replicas).toBe(1);
  });

  test("a StatefulSet without a number of pods, which no API server has, asks for none", () => {
    const stored = atRest(plainStorage());
    delete stored.spec?.replicas;
    expect(sync(plainStorage(), { children: [stored] }).statefulSet?.spec?.replicas).toBe(2);
  });

  test("one that is gone is told of nothing, and keeps its shards until its pods are gone, too", () => {
    const children = [atRest(plainStorage({ replicas: 3 }), [frontend()])];
    const stored = stepped(plainStorage(), { children });
    expect(stored.metadata.annotations?.["octoplane.io/shards"]).toContain('"goneSince"');
    const { status, statefulSet } = sync(plainStorage(), { children: [stored] });
    expect(status.shardMap).not.toHaveProperty("clients");
    expect(statefulSet?.spec?.replicas).toBe(3);
  });

  test("what it says of itself is used, of others not", () => {
    const use = (name: string) => ({ storage: { name, revision: 9, shards: 5, settled: true } });
    const ledger = (name: string) =>
      sync(plainStorage(), { related: [frontend({}, { status: use(name) })] }).statefulSet;
    expect(ledger("storage")?.spec?.replicas).toBe(5);
    expect(ledger("storage")?.metadata.annotations?.["octoplane.io/shards"]).toContain('"revision":10');
    expect(ledger("other")?.spec?.replicas).toBe(2);
  });
});

describe("notes that somebody changed by hand", () => {
  const changed = (annotation: string, text: string): StatefulSet => {
    const stored = atRest(plainStorage(), [frontend()]);
    const annotations = { ...stored.metadata.annotations, [`octoplane.io/${annotation}`]: text };
    return { ...stored, metadata: { ...stored.metadata, annotations } };
  };

  test.each(["", "{", "5", "null", "{}", '{"revision":"1"}'])(
    "a ledger that is %j begins anew, and no pod goes",
    (text) => {
      const parent = plainStorage({ replicas: 1 }, { status: { shardMap: { revision: 7, shards: 2 } } });
      const { statefulSet } = sync(parent, { related: [frontend()], children: [changed("shards", text)] });
      expect(statefulSet?.spec?.replicas).toBe(2);
      expect(statefulSet?.metadata.annotations?.["octoplane.io/shards"]).toContain('"revision":9');
    },
  );

  test.each(["{", "{}"])("ingredients that are %j are made anew where that is possible", (text) => {
    const { statefulSet } = sync(plainStorage(), { children: [changed("ingredients", text)] });
    expect(statefulSet?.metadata.annotations?.["octoplane.io/ingredients"]).toContain("storage-storage-");
  });

  test("and where it is not, nothing is changed: an answer without the StatefulSet would delete it", () => {
    const tooSmall = plainStorage({ maximumMessageSizeBytes: 10 * 1024 ** 3 });
    expect(() => sync(tooSmall, { children: [changed("ingredients", "{")] })).toThrow(
      /^StatefulSet storage has no annotation octoplane.io\/ingredients that can be read, and spec.volumes.cas.size: .* until that is mended$/,
    );
  });
});

test("configuration: rights, overrides, TLS", () => {
  const { configMaps, statefulSet } = sync(
    plainStorage({
      auth: { put: { policy: "Deny" }, findMissing: { policy: "Deny" } },
      configOverrides: { maximumMessageSizeBytes: "1", global: null },
      tls: { secretName: "storage-tls" },
    }),
  );
  const config = JSON.parse(configMaps[0]?.data?.["storage.jsonnet"] ?? "");
  expect(config).toMatchObject({
    maximumMessageSizeBytes: "1",
    contentAddressableStorage: { putAuthorizer: { deny: {} }, findMissingAuthorizer: { deny: {} } },
    actionCache: { getAuthorizer: { allow: {} } },
    grpcServers: [{ tls: { serverKeyPair: {} } }],
  });
  expect(config).not.toHaveProperty("global");
  expect(statefulSet?.spec?.template.spec?.volumes?.map(({ name }) => name)).toEqual(["configs", "server-tls"]);
});

test("an object without a generation, which no API server has, has the first", () => {
  const parent = plainStorage();
  delete parent.metadata.generation;
  expect(sync(parent).statefulSet?.metadata.annotations?.["octoplane.io/generation"]).toBe("1");
});
