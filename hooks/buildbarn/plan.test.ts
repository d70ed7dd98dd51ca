import { describe, expect, test } from "vitest";
import type { Deployment } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { type frontend, plainStorage } from "../../test/objects/buildbarn.ts";
import { byHand, farm, stored, sync } from "../../test/objects/clients.ts";
import { namespace } from "../../test/objects/workers.ts";

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

  test("finds the Secrets that the resource names", () => {
    const tls = { secretName: "t", clientCertificates: true };
    const { spec } =
      sync({ ...manual, tls, clientTls: { secretName: "c" } }, { related }).deployment?.spec?.template ?? {};
    expect(spec?.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
      "/config/",
      "/tls/server",
      "/tls/client",
    ]);
    expect(spec?.containers[0]?.env).toMatchObject([{ name: "CLIENT_AUTHORITIES" }]);
  });

  test("generated configuration stays until no pod of the old is left", () => {
    const children = stored();
    expect(sync(manual, { related, children }).configMaps).toHaveLength(1);
    expect(
      sync(manual, { related, children: [...stored(manual, { related }), ...children.slice(-1)] }).configMaps,
    ).toEqual([]);
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
