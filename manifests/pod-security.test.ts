/** Pod Security `restricted`, field by field, as the standard says it; and what this project asks for beside it. */

import { describe, expect, test } from "vitest";
import {
  allBuilds,
  type Container,
  containersOf,
  nameOf,
  type PodSpec,
  podTemplates,
  reasonAgainstBuilds,
} from "./test-build.ts";

const volumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];
const profiles = [undefined, "RuntimeDefault", "Localhost"];

type PodRule = (pod: PodSpec) => boolean;
type ContainerRule = (container: Container, pod: PodSpec) => boolean;

const podRules: Record<string, PodRule> = {
  "shares no namespace of its node": ({ hostNetwork, hostPID, hostIPC }) => !(hostNetwork || hostPID || hostIPC),
  "mounts what is no part of its node": ({ volumes: mounted = [] }) =>
    mounted.every(({ name: _, ...source }) => Object.keys(source).every((type) => volumes.includes(type))),
  "sets no kernel parameters": ({ securityContext }) => (securityContext?.sysctls ?? []).length === 0,
  "is of no Windows host process": ({ securityContext }) => !securityContext?.windowsOptions?.hostProcess,
  "keeps to a seccomp profile": ({ securityContext }) =>
    ["RuntimeDefault", "Localhost"].includes(securityContext?.seccompProfile?.type ?? ""),
  "is not root": ({ securityContext }) => securityContext?.runAsNonRoot === true && securityContext.runAsUser !== 0,
  "gets the API server's token only where that is said": ({ automountServiceAccountToken }) =>
    automountServiceAccountToken !== undefined,
};

const containerRules: Record<string, ContainerRule> = {
  "has no privileges": ({ securityContext }) => !securityContext?.privileged,
  "cannot gain any": ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false,
  "has no capabilities": ({ securityContext }) =>
    (securityContext?.capabilities?.drop ?? []).includes("ALL") &&
    (securityContext?.capabilities?.add ?? []).every((added) => added === "NET_BIND_SERVICE"),
  "takes no port of its node": ({ ports = [] }) => ports.every(({ hostPort }) => hostPort === undefined),
  "sees /proc as usual": ({ securityContext }) => [undefined, "Default"].includes(securityContext?.procMount),
  "does not lift its pod's profile": ({ securityContext }) =>
    profiles.includes(securityContext?.seccompProfile?.type) &&
    profiles.includes(securityContext?.appArmorProfile?.type),
  "does not become root": ({ securityContext }) =>
    securityContext?.runAsNonRoot !== false && securityContext?.runAsUser !== 0,
  "has a read-only root file system": ({ securityContext }) => securityContext?.readOnlyRootFilesystem === true,
  "says what it needs, and a limit of memory": ({ resources }) =>
    resources?.requests?.cpu !== undefined &&
    resources.requests.memory !== undefined &&
    resources.limits?.memory !== undefined,
};

const pods = (await allBuilds()).flatMap(([build, objects]) =>
  podTemplates(objects).map(({ owner, spec }) => [`${build}: ${nameOf(owner)}`, spec] as const),
);

if (reasonAgainstBuilds !== undefined) test.skip(`manifests as kubectl builds them: ${reasonAgainstBuilds}`);

describe.each(pods)("%s", (_, pod) => {
  test.each(Object.entries(podRules))("%s", (_rule, holds) => {
    expect(holds(pod)).toBe(true);
  });

  test.each(Object.entries(containerRules))("each container %s", (_rule, holds) => {
    const offenders = containersOf(pod).filter((container) => !holds(container, pod));
    expect(offenders.map(({ name }) => name)).toEqual([]);
  });
});

/** Each breaks one rule, so that a rule which sees nothing shows. */
const restricted: PodSpec = {
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
  containers: [],
};
const fine: Container = {
  name: "fine",
  resources: { requests: { cpu: "1", memory: "1Mi" }, limits: { memory: "1Mi" } },
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
};
const context = restricted.securityContext;

test.each<[keyof typeof podRules, Partial<PodSpec>]>([
  ["shares no namespace of its node", { hostNetwork: true }],
  ["mounts what is no part of its node", { volumes: [{ name: "v", hostPath: { path: "/" } }] }],
  ["sets no kernel parameters", { securityContext: { ...context, sysctls: [{ name: "a", value: "b" }] } }],
  ["is of no Windows host process", { securityContext: { ...context, windowsOptions: { hostProcess: true } } }],
  ["keeps to a seccomp profile", { securityContext: { runAsNonRoot: true } }],
  ["is not root", { securityContext: { ...context, runAsUser: 0 } }],
])("the rule that a pod %s finds who does not", (rule, change) => {
  expect(Object.values(podRules).map((holds) => holds(restricted))).not.toContain(false);
  expect(podRules[rule]?.({ ...restricted, ...change })).toBe(false);
});

test.each<[keyof typeof containerRules, Partial<Container>]>([
  ["has no privileges", { securityContext: { ...fine.securityContext, privileged: true } }],
  ["cannot gain any", { securityContext: { capabilities: { drop: ["ALL"] } } }],
  [
    "has no capabilities",
    { securityContext: { ...fine.securityContext, capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } } },
  ],
  ["takes no port of its node", { ports: [{ containerPort: 80, hostPort: 80 }] }],
  ["sees /proc as usual", { securityContext: { ...fine.securityContext, procMount: "Unmasked" } }],
  [
    "does not lift its pod's profile",
    { securityContext: { ...fine.securityContext, seccompProfile: { type: "Unconfined" } } },
  ],
  ["does not become root", { securityContext: { ...fine.securityContext, runAsUser: 0 } }],
])("the rule that a container %s finds who does not", (rule, change) => {
  expect(Object.values(containerRules).map((holds) => holds(fine, restricted))).not.toContain(false);
  expect(containerRules[rule]?.({ ...fine, ...change }, restricted)).toBe(false);
});
