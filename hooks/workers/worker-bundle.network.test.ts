import { describe, expect, test } from "vitest";
import { socketName } from "../../api/workers/names.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { settings, workerBundle } from "../../test/objects/workers.ts";
import { autoscalerOf, disruptionBudgetOf, ingressOf, serviceOf } from "./worker-bundle.network.ts";

const selector = { app: "acme-bundle" };
const [a, b] = ["a", "b"].map(socketName);

test("the Service has one port per worker, and finds it in the pod by name", () => {
  expect(serviceOf(workerBundle()).spec).toEqual({
    type: "ClusterIP",
    selector,
    ports: [
      { name: a, port: 8080, protocol: "TCP", targetPort: a },
      { name: b, port: 8081, protocol: "TCP", targetPort: b },
    ],
  });
});

describe("the Ingress", () => {
  const ingress = (ingress: WorkerBundle["spec"]["ingress"] = {}) => ingressOf(workerBundle({ ingress }), settings);

  test("has one host per worker that has one", () => {
    const workers = [
      { workerName: "a", workerNumber: 8080, host: "a.test" },
      { workerName: "private", workerNumber: 8081 },
    ];
    expect(ingressOf(workerBundle({ workers }), settings)?.spec).toEqual({
      ingressClassName: "octoplane",
      rules: [
        {
          host: "a.test",
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: "acme-bundle", port: { name: a } } } },
            ],
          },
        },
      ],
    });
  });

  test("is none without hosts", () => {
    expect(ingressOf(workerBundle({ workers: [{ workerName: "a", workerNumber: 8080 }] }), settings)).toBeUndefined();
  });

  test("follows the account: class, certificate, annotations", () => {
    const made = ingress({ className: "nginx", tlsSecretName: "tls", annotations: { x: "y" } });
    expect(made?.metadata.annotations).toEqual({ x: "y" });
    expect(made?.spec).toMatchObject({
      ingressClassName: "nginx",
      tls: [{ hosts: ["a.acme.workers.test", "b.acme.workers.test"], secretName: "tls" }],
    });
  });

  test("says nothing of what the account leaves empty", () => {
    const made = ingress({ annotations: {} });
    expect(made?.metadata).not.toHaveProperty("annotations");
    expect(made?.spec).not.toHaveProperty("tls");
  });
});

test("one pod at a time may be taken away", () => {
  expect(disruptionBudgetOf(workerBundle()).spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: selector } });
});

describe("the autoscaler", () => {
  const autoscaler = (autoscaling?: WorkerBundle["spec"]["podTemplate"]["autoscaling"]) =>
    autoscalerOf(workerBundle({ podTemplate: { image: "x", ...(autoscaling === undefined ? {} : { autoscaling }) } }));

  test("is none unless wanted", () => {
    expect(autoscaler()).toBeUndefined();
  });

  test.each([
    ["by default from one pod, at 80 % of the CPU", { maxReplicas: 5 }, 1, 80],
    ["as told", { minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 50 }, 2, 50],
  ])("%s", (_, autoscaling, minReplicas, averageUtilization) => {
    expect(autoscaler(autoscaling)?.spec).toEqual({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "acme-bundle" },
      minReplicas,
      maxReplicas: 5,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } }],
    });
  });
});
