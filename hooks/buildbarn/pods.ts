/** What the pods of every component have in common. */

import type {
  Container,
  EnvVar,
  PodSpec,
  PodTemplateSpec,
  ResourceRequirements,
  Volume,
} from "kubernetes-types/core/v1.js";
import type { Probes } from "../../api/buildbarn/fields.ts";
import { configFolder, ports } from "../../api/buildbarn/names.ts";
import type { Resources } from "../../api/pod.ts";
import { storedQuantities } from "../contract/quantity.ts";
import { filled } from "../kube/object.ts";
import { type Component, ownConfigMap } from "./kinds.ts";
import type { Ingredients } from "./plan.ts";
import { podPartsOf } from "./trust.ts";

/** Changes with a ConfigMap that is written by hand; a generated one has its hash in its name. */
const configHashAnnotation = "octoplane.io/config-hash";

export const configVolume = "configs";
export const configMount = { name: configVolume, mountPath: configFolder, readOnly: true };
export const diagnosticsPort = { name: "diagnostics", containerPort: ports.diagnostics, protocol: "TCP" as const };

/** As in the original: `app` is the program, `component` the resource. */
export function labelsOf({ kind, metadata }: Component): Record<string, string> {
  return { app: kind.replace("Buildbarn", "").toLowerCase(), component: metadata.name };
}

export function resourcesOf({ limits, requests }: Resources = {}): { resources?: ResourceRequirements } {
  return filled({ resources: filled({ limits: storedQuantities(limits), requests: storedQuantities(requests) }) });
}

const usual: Probes = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6, startupSeconds: 600 };
const startupPeriod = 2;

function question(port: string) {
  return { httpGet: { path: "/-/healthy", port, scheme: "HTTP" } };
}

/** A program that starts answers nothing; nobody counts that against it while it may start. */
export function startupProbe(port: string, { timeoutSeconds, startupSeconds }: Probes = usual) {
  const failureThreshold = Math.ceil(startupSeconds / startupPeriod);
  return { startupProbe: { ...question(port), timeoutSeconds, periodSeconds: startupPeriod, failureThreshold } };
}

/** Configuration that is written by hand may have no health server: it is asked only where that is said. */
export function hasProbes(component: Component): boolean {
  return component.spec.probes !== undefined || ownConfigMap(component) === undefined;
}

export function probesOf(component: Component): Partial<Container> {
  if (!hasProbes(component)) return {};
  const probes = component.spec.probes ?? usual;
  const { periodSeconds, timeoutSeconds, failureThreshold } = probes;
  return {
    ...startupProbe(diagnosticsPort.name, probes),
    readinessProbe: { ...question(diagnosticsPort.name), periodSeconds, timeoutSeconds },
    livenessProbe: { ...question(diagnosticsPort.name), periodSeconds, timeoutSeconds, failureThreshold },
  };
}

/** Name, image and arguments are the program's; the rest is what every program has. */
export function programOf(
  component: Component,
  ingredients: Ingredients,
  own: Pick<Container, "name" | "image" | "args"> & Partial<Container>,
): Container {
  const secrets = podPartsOf(ingredients.secrets);
  const { env = [], volumeMounts = [], ports: listening = [], ...rest } = own;
  const variables: EnvVar[] = [...env, ...secrets.env];
  return {
    ...rest,
    ports: [...listening, diagnosticsPort],
    ...(variables.length === 0 ? {} : { env: variables }),
    ...probesOf(component),
    ...resourcesOf(component.spec.resources),
    volumeMounts: [configMount, ...volumeMounts, ...secrets.volumeMounts],
  };
}

/** What a user may have written as `""` for "not set", or the default. */
export function imageOf(image: string | undefined, fallback: string): string {
  return image === undefined || image === "" ? fallback : image;
}

function spreadOf(component: Component): Pick<PodSpec, "topologySpreadConstraints"> {
  const { topologyKey, whenUnsatisfiable } = component.spec.spread;
  const labelSelector = { matchLabels: labelsOf(component) };
  return { topologySpreadConstraints: [{ maxSkew: 1, topologyKey, whenUnsatisfiable, labelSelector }] };
}

/** Kubernetes merges this list by name: an entry that is there twice would be written again and again. */
function pullSecretsOf({ spec }: Component): Pick<PodSpec, "imagePullSecrets"> {
  const names = new Set(spec.imagePullSecrets?.map(({ name }) => name));
  return filled({ imagePullSecrets: [...names].map((name) => ({ name })) });
}

function tolerationsOf({ spec }: Component): Pick<PodSpec, "tolerations"> {
  return filled({ tolerations: spec.tolerations?.map((toleration) => filled(toleration)) });
}

export interface PodOptions {
  spec: Pick<PodSpec, "containers"> & Partial<PodSpec>;
  graceSeconds: number;
  labels?: Record<string, string>;
}

export function templateOf(
  component: Component,
  ingredients: Ingredients,
  { spec, graceSeconds, labels = {} }: PodOptions,
): PodTemplateSpec {
  const { nodeSelector, priorityClassName, podAnnotations } = component.spec;
  const { configMap, configHash, secrets } = ingredients;
  const { volumes = [], ...rest } = spec;
  const config: Volume = { name: configVolume, configMap: { name: configMap, defaultMode: 0o444 } };
  const annotations = {
    ...podAnnotations,
    ...(configHash === undefined ? {} : { [configHashAnnotation]: configHash }),
  };
  return {
    metadata: { labels: { ...labelsOf(component), ...labels }, ...filled({ annotations }) },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: component.spec.terminationGracePeriodSeconds ?? graceSeconds,
      ...spreadOf(component),
      ...pullSecretsOf(component),
      ...filled({ nodeSelector, priorityClassName }),
      ...tolerationsOf(component),
      ...rest,
      volumes: [config, ...volumes, ...podPartsOf(secrets).volumes],
    },
  };
}
