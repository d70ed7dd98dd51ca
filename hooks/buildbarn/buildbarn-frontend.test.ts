import { describe, expect, test } from "vitest";
import type { Deployment } from "../../api/builtin.ts";
import { browser, type frontend, scheduler, storage, worker } from "../../test/objects/buildbarn.ts";
import { browse, byHand, configOf, farm, schedule, sync } from "../../test/objects/clients.ts";

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
    ["with rights that say nothing", { serviceType: "LoadBalancer", auth: {} }, true],
    ["with rights for everybody", { serviceType: "LoadBalancer", auth: { put: { policy: "Allow" } } }, true],
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
