/** Discovery: what a client asks first to learn which resources there are. */

import { apiVersionOf } from "../../api/resource.ts";
import { type Kind, storageName } from "./kind.ts";

const readVerbs = ["get", "list", "watch"];
const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** `/version`. Clients choose features by it; the API is that of Kubernetes 1.32 as far as it goes. */
export function versionInfo(version: string): object {
  return {
    major: "1",
    minor: "32",
    gitVersion: `v1.32.0+octoplane-${version}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: `${process.platform}/${process.arch}`,
  };
}

/** `/api` */
export function coreVersions(address: string): object {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: address }];
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
}

/** `/apis` */
export function groupList(kinds: readonly Kind[]): object {
  const groups = new Set(kinds.map(({ resource }) => resource.group).filter((group) => group !== ""));
  return { kind: "APIGroupList", apiVersion: "v1", groups: [...groups].map((group) => groupOf(kinds, group)) };
}

/** `/apis/<group>`, `undefined` when nothing is served in it. */
export function apiGroup(kinds: readonly Kind[], group: string): object | undefined {
  const isServed = kinds.some(({ resource }) => resource.group === group);
  return isServed ? { kind: "APIGroup", apiVersion: "v1", ...groupOf(kinds, group) } : undefined;
}

function groupOf(kinds: readonly Kind[], group: string) {
  const members = kinds.filter(({ resource }) => resource.group === group);
  const versions = [...new Set(members.map(({ resource }) => resource.version))]
    .sort(byMaturity)
    .map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** `/api/v1`, `/apis/<group>/<version>`; `undefined` when nothing is served there. */
export function resourceList(kinds: readonly Kind[], group: string, version: string): object | undefined {
  const members = kinds.filter(({ resource }) => resource.group === group && resource.version === version);
  const [first] = members;
  if (first === undefined) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf(first.resource),
    resources: members.flatMap(entries),
  };
}

function entries(kind: Kind): object[] {
  const { plural: name, namespaced } = kind.resource;
  const main = {
    name,
    singularName: kind.singular,
    namespaced,
    kind: kind.resource.kind,
    verbs: kind.readOnly ? readVerbs : allVerbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    storageVersionHash: Buffer.from(storageName(kind.resource)).toString("base64").slice(0, 11),
  };
  const verbs = ["get", "patch", "update"];
  const status = { name: `${name}/status`, singularName: "", namespaced, kind: kind.resource.kind, verbs };
  const scale = {
    name: `${name}/scale`,
    singularName: "",
    namespaced,
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs,
  };
  return [main, ...(kind.hasStatus && !kind.readOnly ? [status] : []), ...(kind.hasScale ? [scale] : [])];
}

/** `v2` before `v1` before `v1beta1` before `v1alpha1`, as Kubernetes orders versions. */
function byMaturity(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor;
}

function rank(version: string): { stage: number; major: number; minor: number } {
  const [, major = 0, stage = "", minor = 0] = /^v(\d+)(alpha|beta)?(\d+)?$/.exec(version) ?? [];
  return { stage: ["alpha", "beta", ""].indexOf(stage), major: Number(major), minor: Number(minor) };
}
