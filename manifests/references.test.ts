/** What one object says of another is true. */

import { describe, expect, test } from "vitest";
import {
  allBuilds,
  containersOf,
  type Manifest,
  nameOf,
  type PodSpec,
  type PodTemplate,
  podTemplates,
  reasonAgainstBuilds,
} from "./test-build.ts";

/** Made by administrators, by the names in the settings. */
const byHand = ["Secret docker-hub", "Secret s3-credentials", "ConfigMap aws-config"];
/** Made by the Job octoplane-certificates. */
const byJob = ["Secret octoplane-hooks-tls", "Secret octoplane-hooks-token"];

/** Objects that a pod needs, as `Kind name`. */
function needsOf(pod: PodSpec): string[] {
  const volumes = (pod.volumes ?? []).flatMap(({ secret, configMap, persistentVolumeClaim }) => [
    ...(secret ? [`Secret ${secret.secretName}`] : []),
    ...(configMap ? [`ConfigMap ${configMap.name}`] : []),
    ...(persistentVolumeClaim ? [`PersistentVolumeClaim ${persistentVolumeClaim.claimName}`] : []),
  ]);
  const variables = containersOf(pod).flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => (valueFrom?.secretKeyRef ? [`Secret ${valueFrom.secretKeyRef.name}`] : [])),
  );
  const account = pod.serviceAccountName === undefined ? [] : [`ServiceAccount ${pod.serviceAccountName}`];
  return [...volumes, ...variables, ...account];
}

function inNamespace(objects: readonly Manifest[], namespace: string | undefined): string[] {
  return objects
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

function isSelected(selector: Record<string, string> = {}, { labels }: PodTemplate): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function portNames({ spec }: PodTemplate): string[] {
  return containersOf(spec).flatMap(({ ports = [] }) => ports.flatMap(({ name }) => name ?? []));
}

interface Selecting {
  selector?: { matchLabels?: Record<string, string> } & Record<string, unknown>;
  podSelector?: { matchLabels?: Record<string, string> };
  ingress?: { ports?: { port: string }[] }[];
  ports?: { name: string; targetPort: string }[];
}

/** The labels by which an object finds pods, and the ports that it expects of them. */
function selection({ kind, spec = {} }: Manifest): { labels: Record<string, string>; ports: string[] } | undefined {
  const { selector, podSelector, ingress = [], ports = [] } = spec as Selecting;
  if (kind === "Service") return { labels: selector as Record<string, string>, ports: ports.map((p) => p.targetPort) };
  if (kind === "PodDisruptionBudget") return { labels: selector?.matchLabels ?? {}, ports: [] };
  if (kind !== "NetworkPolicy") return undefined;
  const admitted = ingress.flatMap((rule) => (rule.ports ?? []).map(({ port }) => port));
  return { labels: podSelector?.matchLabels ?? {}, ports: admitted };
}

if (reasonAgainstBuilds !== undefined) test.skip(`manifests as kubectl builds them: ${reasonAgainstBuilds}`);

describe.each(await allBuilds())("%s", (_, objects) => {
  const pods = podTemplates(objects);

  test.each(pods.map((pod) => [nameOf(pod.owner), pod] as const))("%s finds what it mounts and runs as", (_, pod) => {
    const present = inNamespace(objects, pod.owner.metadata.namespace);
    const missing = needsOf(pod.spec).filter((need) => ![...present, ...byHand, ...byJob].includes(need));
    expect(missing).toEqual([]);
    for (const { volumeMounts = [] } of containersOf(pod.spec)) {
      const volumes = (pod.spec.volumes ?? []).map(({ name }) => name);
      expect(volumes).toEqual(expect.arrayContaining(volumeMounts.map(({ name }) => name)));
    }
  });

  const selecting = objects.flatMap((object) => {
    const wanted = selection(object);
    return wanted === undefined ? [] : [[nameOf(object), object, wanted] as const];
  });
  test.each(selecting)("%s selects pods that have the ports", (_, { metadata }, { labels, ports }) => {
    const selected = pods.filter(
      (pod) => pod.owner.metadata.namespace === metadata.namespace && isSelected(labels, pod),
    );
    expect(selected).not.toEqual([]);
    for (const port of ports) expect(selected.some((pod) => portNames(pod).includes(port))).toBe(true);
  });

  const bindings = objects.filter(({ kind }) => kind.endsWith("RoleBinding"));
  test.each(bindings.map((binding) => [nameOf(binding), binding] as const))("%s", (_, { metadata, ...binding }) => {
    const { roleRef, subjects } = binding as unknown as {
      roleRef: { kind: string; name: string };
      subjects: { namespace: string; name: string }[];
    };
    const place = roleRef.kind === "ClusterRole" ? undefined : metadata.namespace;
    expect(inNamespace(objects, place)).toContain(`${roleRef.kind} ${roleRef.name}`);
    for (const { namespace, name } of subjects) {
      expect(inNamespace(objects, namespace)).toContain(`ServiceAccount ${name}`);
    }
  });

  const ingresses = objects.filter(({ kind }) => kind === "Ingress");
  test.each(ingresses.map((ingress) => [nameOf(ingress), ingress] as const))("%s", (_, { metadata, spec }) => {
    const { rules } = spec as {
      rules: { http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] } }[];
    };
    for (const { backend } of rules.flatMap(({ http }) => http.paths)) {
      const service = objects.find(
        (object) => nameOf(object) === `Service ${metadata.namespace}/${backend.service.name}`,
      );
      const ports = (service?.spec as Selecting | undefined)?.ports ?? [];
      expect(ports.map(({ name }) => name)).toContain(backend.service.port.name);
    }
  });

  test("every namespace that has objects is one of these, or an administrator's", () => {
    const made = objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name);
    const used = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    expect([...used].filter((namespace) => !made.includes(namespace))).toEqual([]);
  });
});
