import { expect, test } from "vitest";
import { isReferenced } from "./decide.ts";
import type { Item } from "./item.ts";
import { referencesOf } from "./references.ts";
import type { Resources } from "./resources.ts";
import {
  account,
  builder,
  bundle,
  codeFolder,
  deployment,
  digest,
  job,
  namespace,
  nothing,
  release,
  script,
  version,
} from "./test-resources.ts";

const since = new Date(0);
const blob = (key: string): Item => ({ kind: "blob", key, since });
const image = (tag: string): Item => ({ kind: "image", account, tag, since });
const secret = (name: string): Item => ({ kind: "secret", namespace, name, uid: "1", since });
const layer = (n: number, of = account) => blob(`layers/${of}/${digest(n)}-1.2.3.json`);

function keeps(resources: Partial<Resources>, item: Item, storeUrl = "file:///blobs"): boolean {
  return isReferenced(item, referencesOf({ ...nothing, ...resources }, storeUrl));
}

const resolved = (n: number) => ({
  script: "hello",
  version: "v",
  envPrefix: "HELLO_",
  url: codeFolder(n),
  digest: digest(n),
  secretRef: `s${n}`,
});
const template = {
  scriptName: "hello",
  compatibilityDate: "2026-01-01",
  scriptsUrls: [`accounts/${account}/mine/main.js`],
  secretRef: "s1",
};

const holders: [string, Partial<Resources>][] = [
  ["a WorkerVersion", { versions: [version("v", resolved(1))] }],
  ["what a WorkerDeployment has resolved", { scripts: [script("d", {}, { serving: [resolved(1)] })] }],
  ["a WorkerRelease", { releases: [release("r", { workers: [resolved(1)] })] }],
  ["a JobBuilder", { builders: [builder("j", { workers: [resolved(1)] })] }],
];

test.each(holders)("%s keeps its code, the layer of it and its Secret, and no other", (_, resources) => {
  for (const item of [blob(`${codeFolder(1)}/worker.json`), blob(`${codeFolder(1)}/m0`), layer(1), secret("s1")]) {
    expect(keeps(resources, item)).toBe(true);
  }
  for (const item of [blob(`${codeFolder(2)}/m0`), blob(`${codeFolder(1)}0/m0`), layer(2), layer(1, "other")]) {
    expect(keeps(resources, item)).toBe(false);
  }
  expect(keeps(resources, secret("s2"))).toBe(false);
});

test.each([
  ["a template", { scripts: [script("d", { template })] }],
  ["its version", { versions: [version("v", { scriptsUrls: template.scriptsUrls, secretRef: "s1" })] }],
])("%s keeps its files, and no layer, since its digest is known to builds only", (_, resources) => {
  expect(keeps(resources, blob(`accounts/${account}/mine/main.js`))).toBe(true);
  expect(keeps(resources, blob(`accounts/${account}/mine/other.js`))).toBe(false);
  expect(keeps(resources, secret("s1"))).toBe(true);
  expect(keeps(resources, layer(7))).toBe(false);
});

test.each(["file:///blobs", "file:///blobs/", "s3://bucket/prefix?region=eu"])(
  "code named by its URL in %s is found",
  (storeUrl) => {
    const url = `${storeUrl.replace(/\?.*|\/$/, "")}/${codeFolder(1)}/`;
    expect(keeps({ versions: [version("v", { url })] }, blob(`${codeFolder(1)}/m0`), storeUrl)).toBe(true);
    const elsewhere = { versions: [version("v", { url: `s3://another/${codeFolder(1)}` })] };
    expect(keeps(elsewhere, blob(`${codeFolder(1)}/m0`), storeUrl)).toBe(false);
  },
);

test("releases and builds written by hand keep the prefixes that they name", () => {
  const byRelease = { releases: [release("r", { workerVersions: { hello: codeFolder(1) } })] };
  const byBuilder = { builders: [builder("j", { scriptNames: ["hello"], scriptUrls: [codeFolder(1)] })] };
  for (const resources of [byRelease, byBuilder]) expect(keeps(resources, blob(`${codeFolder(1)}/m0`))).toBe(true);
});

const reference = `registry.example:5000/team/${account}:t1`;
test.each<[string, Partial<Resources>]>([
  ["a release that is to be built", { releases: [release("r", { targetImage: reference })] }],
  ["a release that is built", { releases: [release("r", { image: reference })] }],
  ["a JobBuilder", { builders: [builder("j", { targetImage: reference })] }],
  ["a running build", { jobs: [job("j", { TARGET_IMAGE: reference })] }],
  ["a bundle", { bundles: [bundle("b", { podTemplate: { image: reference } })] }],
  ["a Deployment", { deployments: [deployment("d", reference, "s")] }],
])("the image of %s stays", (_, resources) => {
  expect(keeps(resources, image("t1"))).toBe(true);
  expect(keeps(resources, image("t2"))).toBe(false);
});

test("an image that is pinned by digest keeps all tags of its account, since one of them may be it", () => {
  const pinned = { deployments: [deployment("d", `registry.example/${account}@sha256:${digest(1)}`, "s")] };
  expect(keeps(pinned, image("t1"))).toBe(true);
  expect(keeps(pinned, { kind: "image", account: "other", tag: "t1", since })).toBe(false);
});

test("Secrets in use by bundles and Deployments stay, in their namespace", () => {
  const worker = { workerName: "hello", workerNumber: 2000, secretRef: "s1" };
  const inUse = { bundles: [bundle("b", { workers: [worker] })], deployments: [deployment("d", "x", "s2")] };
  expect([secret("s1"), secret("s2"), secret("s3")].map((item) => keeps(inUse, item))).toEqual([true, true, false]);
  expect(keeps(inUse, { kind: "secret", namespace: "elsewhere", name: "s1", uid: "1", since })).toBe(false);
});

test("reports stay with the Job that writes them and with the JobBuilder that names them", () => {
  const key = `reports/${account}/job-1.json`;
  expect(keeps({ jobs: [job("job-1", { REPORT: key })] }, blob(key))).toBe(true);
  expect(keeps({ builders: [builder("j", {}, { report: key })] }, blob(key))).toBe(true);
  expect(keeps({ jobs: [job("job-2", { REPORT: `reports/${account}/job-2.json` })] }, blob(key))).toBe(false);
});
