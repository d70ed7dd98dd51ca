import { describe, expect, test } from "vitest";
import type { Ingress, Service } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { browser, scheduler, storage, worker } from "../../test/objects/buildbarn.ts";
import { browse, byHand, configOf, schedule } from "../../test/objects/clients.ts";

describe("the scheduler", () => {
  test.each<[string, Parameters<typeof scheduler>[0], boolean]>([
    ["behind a load balancer is open to the world", { serviceType: "LoadBalancer" }, true],
    [
      "is not, where workers must be known",
      { serviceType: "LoadBalancer", auth: { synchronize: { policy: "Deny" } } },
      false,
    ],
    ["inside of the cluster is not", {}, false],
  ])("%s", (_, spec, isOpen) => {
    const { message = "", reason } = schedule(spec).condition("Degraded") ?? {};
    expect(reason === "OpenToTheWorld").toBe(isOpen);
    expect(message.includes("may run and end actions, and be a worker: set")).toBe(isOpen);
  });

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
      [
        "no pool whose configuration is written by hand",
        [worker({ ...large, replicas: 0, configMapName: "x" })],
        undefined,
      ],
      [
        "one of these that says so",
        [worker({ ...large, predeclared: true, configMapName: "x" })],
        [{ ...platform, sizeClasses: [0] }],
      ],
      [
        "pools that name a property twice, once",
        [worker({ replicas: 0, platform: [...large.platform, ...large.platform] })],
        [{ ...platform, sizeClasses: [0] }],
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
