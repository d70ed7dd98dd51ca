import { describe, expect, test } from "vitest";
import { type Deployment, Deployment as DeploymentResource } from "../../api/builtin.ts";
import { socketName } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { settings, stored, workerBundle } from "../../test/objects/workers.ts";
import { contentAnnotation, deploymentOf } from "./worker-bundle.deployment.ts";

type Spec = WorkerBundle["spec"];
type PodTemplate = Spec["podTemplate"];

function build(over: Partial<Spec> = {}, own: Partial<WorkersSettings> = {}, previous?: Deployment) {
  const deployment = deploymentOf(workerBundle(over), previous, { ...settings, ...own });
  const pod = deployment.spec?.template.spec;
  return {
    replicas: deployment.spec?.replicas,
    content: deployment.spec?.template.metadata?.annotations?.[contentAnnotation],
    pod,
    container: pod?.containers[0],
  };
}

const podTemplate = (over: Partial<PodTemplate>): Partial<Spec> => ({ podTemplate: { image: "x", ...over } });
const [a, b, c] = ["a", "b", "c"].map(socketName) as [string, string, string];
const health = "--socket-addr=health=*:8079";

describe("sockets of the image", () => {
  const addresses = (over: Partial<Spec>) => build(over).container?.command?.slice(4);

  test("every worker listens on its own port", () => {
    expect(addresses({})).toEqual([`--socket-addr=${a}=*:8080`, `--socket-addr=${b}=*:8081`].sort().concat(health));
  });

  test("a removed script that is still in the image listens where nobody can reach it", () => {
    expect(addresses({ sockets: [a, b, c] })).toEqual(
      [`--socket-addr=${a}=*:8080`, `--socket-addr=${b}=*:8081`, `--socket-addr=${c}=127.0.0.1:0`]
        .sort()
        .concat(health),
    );
  });

  test("the order in which workers and sockets are given does not matter", () => {
    const turned = { workers: [...(workerBundle().spec.workers ?? [])].reverse(), sockets: [b, a] };
    expect(build(turned)).toEqual(build({ sockets: [a, b] }));
  });

  test("ports have the names of the sockets", () => {
    expect(build().container?.ports).toEqual([
      { name: a, containerPort: 8080, protocol: "TCP" },
      { name: b, containerPort: 8081, protocol: "TCP" },
      { name: "health", containerPort: 8079, protocol: "TCP" },
    ]);
  });
});

describe("environment", () => {
  const worker = { workerName: "a", workerNumber: 8080 };

  test.each<[string, Partial<NonNullable<Spec["workers"]>[number]>, unknown]>([
    [
      "a Secret under the script's prefix",
      { envPrefix: "A_", secretRef: "s" },
      [{ prefix: "A_", secretRef: { name: "s" } }],
    ],
    ["a Secret without a prefix", { envPrefix: "", secretRef: "s" }, [{ secretRef: { name: "s" } }]],
    ["an empty name, as the original wrote it, is no Secret", { envPrefix: "A_", secretRef: "" }, undefined],
    ["no Secret", { envPrefix: "A_" }, undefined],
  ])("%s", (_, over, envFrom) => {
    expect(build({ workers: [{ ...worker, ...over }] }).container?.envFrom).toEqual(envFrom);
  });
});

describe("the content, which rolls the pods, changes with", () => {
  const workers = workerBundle().spec.workers ?? [];
  const first = (over: object) => ({
    workers: workers.map((worker, index) => (index === 0 ? { ...worker, ...over } : worker)),
  });

  test.each<[string, Partial<Spec>, boolean]>([
    ["the release", { release: "acme-r2" }, true],
    ["no release any more", { release: undefined } as never, true],
    ["the image", podTemplate({ image: "y" }), true],
    ["the revision of a Secret", first({ secretRevision: "2" }), true],
    ["another Secret", first({ secretRef: "t" }), true],
    ["a host", first({ host: "other.test" }), false],
    ["the number of pods", { podTemplate: { ...workerBundle().spec.podTemplate, replicas: 5 } }, false],
    ["the ingress", { ingress: { className: "nginx" } }, false],
  ])("%s: %#", (_, over, changes) => {
    expect(build(over).content !== build().content).toBe(changes);
  });
});

describe("number of pods", () => {
  const running = (replicas: number) => stored(DeploymentResource, { name: "acme-bundle" }, { replicas } as never);
  const autoscaling = { maxReplicas: 9 };

  test.each<[string, Partial<PodTemplate>, Deployment | undefined, number]>([
    ["one, unless told otherwise", {}, undefined, 1],
    ["as told", { replicas: 3 }, undefined, 3],
    ["as told, whatever is stored", { replicas: 3 }, running(7), 3],
    ["none, if so told", { replicas: 0 }, running(7), 0],
    ["with an autoscaler, as stored: it is the autoscaler's number", { replicas: 3, autoscaling }, running(7), 7],
    [
      "with an autoscaler, first the least that it allows",
      { autoscaling: { ...autoscaling, minReplicas: 2 } },
      undefined,
      2,
    ],
    ["with an autoscaler that allows one, one", { autoscaling }, undefined, 1],
  ])("%s", (_, template, previous, replicas) => {
    expect(build(podTemplate(template), {}, previous).replicas).toBe(replicas);
  });
});

describe("resources", () => {
  const fallback = { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } };

  test.each<[string, PodTemplate["resources"] | undefined, unknown]>([
    ["unless told otherwise, little is reserved and memory is limited", undefined, fallback],
    ["saying nothing is not saying: no limits", { limits: {}, requests: {} }, fallback],
    ["nothing at all is the same", {}, fallback],
    [
      "as told, in the form that Kubernetes stores",
      { limits: { cpu: "0.5", memory: "1024Mi" } },
      { limits: { cpu: "500m", memory: "1Gi" } },
    ],
    ["requests alone", { requests: { cpu: "2" } }, { requests: { cpu: "2" } }],
    [
      "what is no quantity is left for the check of children to refuse",
      { limits: { cpu: "much" } },
      { limits: { cpu: "much" } },
    ],
  ])("%s", (_, resources, expected) => {
    expect(build(podTemplate(resources === undefined ? {} : { resources })).container?.resources).toEqual(expected);
  });

  test("the installation's limit is stored in canonical form, too", () => {
    expect(build({}, { workerMemory: "2048Mi" }).container?.resources?.limits).toEqual({ memory: "2Gi" });
  });
});

describe("the pod", () => {
  test("has what the account asks for", () => {
    const { pod } = build(
      podTemplate({ imagePullSecret: "registry", priorityClassName: "high", nodeSelector: { disk: "ssd" } }),
    );
    expect(pod).toMatchObject({
      imagePullSecrets: [{ name: "registry" }],
      priorityClassName: "high",
      nodeSelector: { disk: "ssd" },
    });
  });

  test("has nothing of what is empty", () => {
    const { pod } = build(podTemplate({ imagePullSecret: "", priorityClassName: "", nodeSelector: {} }));
    for (const field of ["imagePullSecrets", "priorityClassName", "nodeSelector"])
      expect(pod).not.toHaveProperty(field);
  });

  test("drains before it stops, and has the time to", () => {
    const { pod, container } = build({}, { drainSeconds: 7 });
    expect(pod?.terminationGracePeriodSeconds).toBe(37);
    expect(container?.lifecycle).toEqual({ preStop: { sleep: { seconds: 7 } } });
    expect(build({}, { drainSeconds: 0 }).container).not.toHaveProperty("lifecycle");
  });

  test("is restricted, knows no token and no neighbours, and is asked whether it lives", () => {
    const { pod, container } = build();
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(container).toMatchObject({
      securityContext: {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
      },
      readinessProbe: { httpGet: { port: "health" } },
      livenessProbe: { httpGet: { port: "health" } },
    });
  });
});

test("a bundle without workers or image, which is never sent, still has a form", () => {
  const bundle = workerBundle({ podTemplate: {} });
  delete bundle.spec.workers;
  const deployment = deploymentOf(bundle, undefined, settings);
  expect(deployment.spec?.template.spec?.containers[0]?.command?.slice(4)).toEqual([health]);
  expect(deployment.spec?.template.spec?.containers[0]).not.toHaveProperty("image");
});
