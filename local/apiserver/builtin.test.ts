import { describe, expect, test } from "vitest";
import { configMap, configMaps, startTestApi } from "./test-server.ts";

const merge = { "content-type": "application/merge-patch+json" };
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const jobs = "/apis/batch/v1/namespaces/default/jobs";
const services = "/api/v1/namespaces/default/services";
const secrets = "/api/v1/namespaces/default/secrets";

function template(more: object = {}) {
  const containers = [{ name: "c", image: "x:1", ports: [{ containerPort: 80 }] }];
  return { metadata: { labels: { app: "a" } }, spec: { containers, ...more } };
}

function deployment(more: object = {}) {
  const selector = { matchLabels: { app: "a" } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: { selector, template: template(), ...more },
  };
}

function job(more: object = {}) {
  const spec = { template: template({ restartPolicy: "Never" }), ...more };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name: "a" }, spec };
}

describe("Deployments", () => {
  test("get the defaults of Kubernetes", async () => {
    const api = await startTestApi();
    const created = await api.create(deployments, deployment());
    expect(created).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        replicas: 1,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
        progressDeadlineSeconds: 600,
        revisionHistoryLimit: 10,
        template: {
          spec: {
            restartPolicy: "Always",
            dnsPolicy: "ClusterFirst",
            terminationGracePeriodSeconds: 30,
            containers: [
              {
                imagePullPolicy: "IfNotPresent",
                terminationMessagePath: "/dev/termination-log",
                ports: [{ containerPort: 80, protocol: "TCP" }],
              },
            ],
          },
        },
      },
      status: {},
    });
  });

  test("are stored in one form: quantities are canonical, and what is empty is not there", async () => {
    const api = await startTestApi();
    const resources = { requests: { cpu: "1000m", memory: "1.5Gi" }, limits: { cpu: 1.5, memory: "2048Mi" } };
    const container = { name: "c", image: "x:1", args: [], env: [{ name: "A", value: "" }], resources };
    const created = await api.create(
      deployments,
      deployment({ template: template({ tolerations: [], containers: [container] }) }),
    );
    const { tolerations, containers } = created.spec.template.spec;
    expect(tolerations).toBeUndefined();
    expect(containers[0].args).toBeUndefined();
    expect(containers[0].env).toEqual([{ name: "A" }]);
    expect(containers[0].resources).toEqual({
      requests: { cpu: "1", memory: "1536Mi" },
      limits: { cpu: "1500m", memory: "2Gi" },
    });
  });

  test.each([
    ["fewer than no pods", { replicas: -1 }, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
    [
      "a selector that misses the template",
      { selector: { matchLabels: { app: "b" } } },
      "`selector` does not match template `labels`",
    ],
    [
      "no containers",
      { template: { metadata: { labels: { app: "a" } }, spec: {} } },
      "spec.template.spec.containers: Required value",
    ],
  ])("with %s are refused", async (_, spec, message) => {
    const api = await startTestApi();
    expect((await api.refusal("POST", deployments, deployment(spec))).message).toContain(message);
  });

  test("keep their selector", async () => {
    const api = await startTestApi();
    await api.create(deployments, deployment());
    const labels = { app: "a", more: "1" };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels } } };
    const status = await api.refusal("PATCH", `${deployments}/a`, { spec }, merge);
    expect(status.message).toMatch(
      /^Deployment.apps "a" is invalid: spec.selector: Invalid value: .*: field is immutable$/,
    );
  });

  test("count changes of annotations as generations, too", async () => {
    const api = await startTestApi();
    await api.create(deployments, deployment());
    const labelled = await api.patch(`${deployments}/a`, { metadata: { labels: { x: "y" } } });
    expect(labelled.metadata.generation).toBe(1);
    const annotated = await api.patch(`${deployments}/a`, { metadata: { annotations: { x: "y" } } });
    expect(annotated.metadata.generation).toBe(2);
  });

  test("scale", async () => {
    const api = await startTestApi();
    await api.create(deployments, deployment());
    const scale = await api.patch(`${deployments}/a/scale`, { spec: { replicas: 3 } });
    expect(scale).toMatchObject({ kind: "Scale", spec: { replicas: 3 }, status: { replicas: 0, selector: "app=a" } });
    expect((await api.get(`${deployments}/a`)).spec.replicas).toBe(3);
    expect((await api.refusal("PATCH", `${deployments}/a/scale`, { spec: { replicas: -1 } }, merge)).code).toBe(400);
  });
});

describe("Jobs", () => {
  test("that have no labels take those of their Pods", async () => {
    const api = await startTestApi();
    const { metadata, spec } = await api.create(jobs, job());
    expect(metadata.labels).toEqual(spec.template.metadata.labels);
  });

  test("do not take the Pods of others by mistake", async () => {
    const api = await startTestApi();
    const status = await api.refusal("POST", jobs, job({ selector: { matchLabels: { app: "a" } } }));
    expect(status.message).toContain("`selector` not auto-generated");
  });

  test("find their Pods by their own uid", async () => {
    const api = await startTestApi();
    const { metadata, spec } = await api.create(jobs, job());
    expect(spec).toMatchObject({ backoffLimit: 6, completions: 1, parallelism: 1 });
    expect(spec.selector).toEqual({ matchLabels: { "batch.kubernetes.io/controller-uid": metadata.uid } });
    expect(spec.template.metadata.labels).toMatchObject({ "controller-uid": metadata.uid, "job-name": "a" });
  });

  test("keep their template, and can be sent again as they were", async () => {
    const api = await startTestApi();
    const created = await api.create(jobs, job());
    const status = await api.refusal(
      "PATCH",
      `${jobs}/a`,
      { spec: { template: { spec: { containers: [{ name: "c", image: "x:2" }] } } } },
      merge,
    );
    expect(status).toMatchObject({ code: 422 });
    expect(status.message).toContain("spec.template: Invalid value: ");
    expect(await api.replace(`${jobs}/a`, created)).toEqual(created);
  });

  test("need a restart policy", async () => {
    const api = await startTestApi();
    const status = await api.refusal("POST", jobs, job({ template: template() }));
    expect(status.message).toContain('restartPolicy: Required value: valid values: "OnFailure", "Never"');
  });
});

describe("Services", () => {
  function service(spec: object) {
    return { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec };
  }

  test("get an address and complete ports, and keep the address", async () => {
    const api = await startTestApi();
    const created = await api.create(services, service({ ports: [{ port: 80 }] }));
    expect(created.spec).toMatchObject({ type: "ClusterIP", ports: [{ port: 80, protocol: "TCP", targetPort: 80 }] });
    expect(created.spec.clusterIP).toMatch(/^10\.\d+\.\d+\.\d+$/);
    const again = await api.replace(`${services}/a`, service({ ports: [{ port: 81 }] }));
    expect(again.spec.clusterIP).toBe(created.spec.clusterIP);
    const moved = await api.refusal("PATCH", `${services}/a`, { spec: { clusterIP: "10.0.0.1" } }, merge);
    expect(moved.message).toContain("spec.clusterIP: Invalid value");
  });

  test("can be headless", async () => {
    const api = await startTestApi();
    const created = await api.create(services, service({ clusterIP: "None" }));
    expect(created.spec).toMatchObject({ clusterIP: "None", clusterIPs: ["None"] });
  });

  test.each([
    [[], "spec.ports: Required value"],
    [[{ port: 0 }], "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
    [
      [
        { port: 1, name: "x" },
        { port: 2, name: "x" },
      ],
      'spec.ports[1].name: Duplicate value: "x"',
    ],
    [[{ port: 1 }, { port: 2, name: "x" }], "spec.ports[0].name: Required value"],
  ])("with the ports %j are refused", async (ports, message) => {
    const api = await startTestApi();
    expect((await api.refusal("POST", services, service({ ports }))).message).toContain(message);
  });

  test("have names that begin with a letter", async () => {
    const api = await startTestApi();
    const status = await api.refusal("POST", services, {
      ...service({ ports: [{ port: 1 }] }),
      metadata: { name: "1a" },
    });
    expect(status.message).toContain("a DNS-1035 label must");
  });
});

describe("Secrets and ConfigMaps", () => {
  test("stringData becomes data", async () => {
    const api = await startTestApi();
    const created = await api.create(secrets, { metadata: { name: "a" }, data: { x: "eA==" }, stringData: { y: "ü" } });
    expect(created).toMatchObject({ type: "Opaque", data: { x: "eA==", y: "w7w=" } });
    expect(created).not.toHaveProperty("stringData");
  });

  test("data of a Secret must be base64, and is not repeated in the error", async () => {
    const api = await startTestApi();
    const status = await api.refusal("POST", secrets, { metadata: { name: "a" }, data: { x: "plain text" } });
    expect(status.code).toBe(422);
    expect(status.message).not.toContain("plain text");
  });

  test("data of a ConfigMap are texts", async () => {
    const api = await startTestApi();
    const status = await api.refusal("POST", configMaps, { ...configMap("a"), data: { port: 80 } });
    expect(status.message).toBe('ConfigMap "a" is invalid: data[port]: Invalid value: 80: must be a string');
  });

  test("immutable ones keep their data but not their labels", async () => {
    const api = await startTestApi();
    await api.create(configMaps, { ...configMap("a"), immutable: true, data: { x: "1" } });
    for (const patch of [{ data: { x: "2" } }, { immutable: false }]) {
      const status = await api.refusal("PATCH", `${configMaps}/a`, patch, merge);
      expect(status.message).toContain("Forbidden: field is immutable when `immutable` is set");
    }
    await api.patch(`${configMaps}/a`, { metadata: { labels: { x: "y" } } });
  });

  test("empty data is no data", async () => {
    const api = await startTestApi();
    expect(await api.create(configMaps, { ...configMap("a"), data: {} })).not.toHaveProperty("data");
  });
});

test("every kind is served under its own group and version", async () => {
  const api = await startTestApi();
  for (const path of [
    "/apis/networking.k8s.io/v1/ingresses",
    "/apis/policy/v1/poddisruptionbudgets",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
    "/apis/coordination.k8s.io/v1/leases",
    "/apis/discovery.k8s.io/v1/endpointslices",
  ]) {
    expect((await api.get(path)).items).toEqual([]);
  }
});

describe("StatefulSets", () => {
  const statefulSets = "/apis/apps/v1/namespaces/default/statefulsets";
  const labels = { app: "a" };
  const claim = { metadata: { name: "cas" }, spec: { accessModes: ["ReadWriteOnce"] } };
  const template = { metadata: { labels }, spec: { containers: [{ name: "a", image: "a:1" }] } };
  const spec = { serviceName: "a", selector: { matchLabels: labels }, template, volumeClaimTemplates: [claim] };

  test("have defaults, also in the templates of their volumes", async () => {
    const api = await startTestApi();
    const object = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "a" }, spec };
    expect((await api.create(statefulSets, object)).spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      volumeClaimTemplates: [{ kind: "PersistentVolumeClaim", spec: { volumeMode: "Filesystem" } }],
    });
    const change = { spec: { volumeClaimTemplates: [{ ...claim, metadata: { name: "ac" } }] } };
    expect(await api.refusal("PATCH", `${statefulSets}/a`, change, merge)).toMatchObject({ code: 422 });
  });
});
