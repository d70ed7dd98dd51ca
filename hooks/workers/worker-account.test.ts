import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../api/resource.ts";
import { maxScripts } from "../../api/workers/fields.ts";
import { envPrefix } from "../../api/workers/names.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerRelease } from "../../api/workers/worker-release.ts";
import type { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { syncRequest } from "../../test/objects/request.ts";
import {
  account,
  at,
  condition,
  namespaceObject,
  now,
  resolved,
  workerDeployment as script,
  settings,
  workerSubdomain,
} from "../../test/objects/workers.ts";
import { runCustomize, runSync } from "../contract/run.ts";
import { workerAccount } from "./worker-account.ts";

interface World {
  parent?: WorkerAccount;
  scripts?: readonly WorkerDeployment[];
  releases?: readonly WorkerRelease[];
  bundle?: WorkerBundle | undefined;
  /** Its claims that are stored. Default: the one that it wants. */
  claims?: readonly WorkerSubdomain[];
  /** Related objects beside its scripts, its claims and its namespace. */
  others?: readonly KubernetesObject[];
  namespaces?: readonly KubernetesObject[];
  runtimeBase?: string;
}

function sync({
  parent = account(),
  scripts = [],
  releases = [],
  bundle,
  claims = [workerSubdomain(parent)],
  others = [],
  namespaces = [namespaceObject()],
  runtimeBase = settings.runtimeBase,
}: World) {
  const children = [...releases, ...claims, ...(bundle === undefined ? [] : [bundle])];
  const request = syncRequest({ parent, children, related: [...scripts, ...claims, ...others, ...namespaces] });
  const answer = runSync(workerAccount as never, request, { ...settings, runtimeBase }, now);
  const status = answer.status as NonNullable<WorkerAccount["status"]>;
  const made = answer.children.filter(({ kind }) => kind === "WorkerRelease") as WorkerRelease[];
  return {
    releases: made,
    names: made.map(({ metadata }) => metadata.name),
    wanted: made.find(({ metadata }) => metadata.name === status.wantedRelease) as WorkerRelease,
    bundle: answer.children.find(({ kind }) => kind === "WorkerBundle") as WorkerBundle,
    claim: answer.children.find(({ kind }) => kind === "WorkerSubdomain") as WorkerSubdomain | undefined,
    scripts: Object.fromEntries((status.scripts ?? []).map((entry) => [entry.name, entry])),
    status,
    ready: status.conditions?.find(({ type }) => type === "Ready"),
    built: status.conditions?.find(({ type }) => type === "Built"),
  };
}

/** A release as it is stored, `age` seconds ago. */
function observed(release: WorkerRelease, age: number, status: WorkerRelease["status"] = {}): WorkerRelease {
  return {
    ...release,
    metadata: { ...release.metadata, creationTimestamp: at(-age), generation: 1 },
    status: { observedGeneration: 1, ...status },
  };
}

function built(release: WorkerRelease, age = 60): WorkerRelease {
  return observed(release, age, {
    image: release.spec.image ?? release.spec.targetImage ?? "",
    conditions: [condition("Built", "True", "ImagePushed")],
  });
}

function faulty(release: WorkerRelease, name: string, version: string, age = 30): WorkerRelease {
  const message = `script ${name}, version ${version}: the worker's code cannot start`;
  return observed(release, age, {
    failedWorker: { script: name, version },
    conditions: [condition("Built", "False", "WorkerFault", { message })],
  });
}

/** A bundle as it is stored, with what it says of itself. */
function told(bundle: WorkerBundle, serves: boolean, generation = 1): WorkerBundle {
  const ready = serves ? condition("Ready", "True", "Serving") : condition("Ready", "False", "RollingOut");
  const workers = bundle.spec.workers?.map(({ workerName, version = "" }) => ({ name: workerName, version })) ?? [];
  return {
    ...bundle,
    metadata: { ...bundle.metadata, generation },
    status: { observedGeneration: generation, conditions: [ready], ...(serves ? { workers } : {}) },
  };
}

/** An account that serves `scripts`, everything at rest. */
function serving(scripts: readonly WorkerDeployment[], world: World = {}) {
  const release = built(sync({ ...world, scripts }).wanted, 600);
  const { bundle } = sync({ ...world, scripts, releases: [release] });
  return { ...world, scripts, releases: [release], bundle: told(bundle, true) };
}

const a1 = script("a", "a1");
const b1 = script("b", "b1");
const b2 = script("b", "b2");
const images = (bundle: WorkerBundle) => bundle.spec.podTemplate.image;
const served = (bundle: WorkerBundle) =>
  bundle.spec.workers?.map(({ workerName, version }) => `${workerName}:${version}`);

describe("the wanted release", () => {
  test("holds every script as its WorkerDeployment wants it, sorted by name", () => {
    const { wanted } = sync({ scripts: [b1, a1] });
    expect(wanted.spec).toMatchObject({
      accounts: "acme",
      workerVersions: { a: "accounts/acme/scripts/a/digest-of-a1", b: "accounts/acme/scripts/b/digest-of-b1" },
      workers: [resolved("a", "a1"), resolved("b", "b1")],
      runtimeBase: settings.runtimeBase,
      workerBundleName: "acme-bundle",
      targetImage: expect.stringMatching(/^images\.test\/workers\/acme:[0-9a-f]{24}$/),
    });
    expect(wanted.spec).not.toHaveProperty("image");
  });

  test("carries the labels of the account's selector, as the original's manifests expect", () => {
    const parent = account({ workerReleaseSelector: { matchLabels: { accounts: "1234" } } });
    expect(sync({ parent, scripts: [a1] }).wanted.metadata.labels).toEqual({ accounts: "1234" });
    expect(sync({ scripts: [a1] }).wanted.metadata.labels).toEqual({ accounts: "acme", tier: "workers" });
    expect(sync({ parent: account({ workerReleaseSelector: {} }), scripts: [a1] }).wanted.metadata.labels).toEqual({
      accounts: "acme",
    });
  });

  test("is the same for the same content, and another one for another", () => {
    const name = (...scripts: WorkerDeployment[]) => sync({ scripts }).wanted.metadata.name;
    expect(name(a1, b1)).toBe(name(b1, a1));
    expect(name(a1, b1)).not.toBe(name(a1, b2));
  });

  test("is served only when it is built; until then the last good one is", () => {
    const before = serving([a1, b1]);
    const during = sync({ ...before, scripts: [a1, b2] });
    expect(served(during.bundle)).toEqual(["a:a1", "b:b1"]);
    expect(during.scripts.b).toMatchObject({ versionWanted: "b2", versionServing: "b1", reason: "Building" });
    expect(during.ready).toMatchObject({ status: "False", reason: "Building" });

    const after = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, built(during.wanted)] });
    expect(served(after.bundle)).toEqual(["a:a1", "b:b2"]);
    expect(after.scripts.b).toMatchObject({ reason: "RollingOut", message: "the pods are being replaced" });
  });

  test("of a first deploy serves nothing until it is built", () => {
    const { bundle, ready, status } = sync({ scripts: [a1] });
    expect(bundle.spec).not.toHaveProperty("workers");
    expect(bundle.spec).not.toHaveProperty("release");
    expect(ready).toMatchObject({ reason: "Building", message: "the build is being created" });
    expect(status).not.toHaveProperty("servingRelease");
  });
});

describe("same content is built once", () => {
  const before = serving([a1, b1]);
  const image = before.releases[0]?.status?.image;

  test.each<[string, WorkerDeployment]>([
    ["a secret is set", script("b", resolved("b", "b2", { digest: "digest-of-b1", secretRef: "worker-b2" }))],
    ["a Secret of a user changes", script("b", resolved("b", "b1", { secretRef: "mine", secretRevision: "8" }))],
    ["the same code is uploaded again", script("b", resolved("b", "b2", { digest: "digest-of-b1" }))],
  ])("the image is taken over when %s", (_, changed) => {
    const after = sync({ ...before, scripts: [a1, changed] });
    expect(after.wanted.metadata.name).not.toBe(before.releases[0]?.metadata.name);
    expect(after.wanted.spec.image).toBe(image);
    expect(after.built).toMatchObject({ status: "True", reason: "ImagePushed", message: `image ${image}` });
    expect(after.bundle.spec.release).toBe(after.wanted.metadata.name);
  });

  test("the image is taken over in a rollback, while its release is kept", () => {
    const next = built(sync({ ...before, scripts: [a1, b2] }).wanted);
    const there = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, next] });
    const back = sync({ scripts: [a1, b1], releases: [...before.releases, next], bundle: told(there.bundle, true) });
    expect(back.wanted.metadata.name).toBe(before.releases[0]?.metadata.name);
    expect(back.wanted.spec.image).toBe(image);
  });

  test("an upgrade of the runtime builds nothing by itself, and is taken with the next build", () => {
    const upgraded = sync({ ...before, runtimeBase: "images.test/runtime:2" });
    expect(upgraded.names).toEqual([before.releases[0]?.metadata.name]);
    expect(upgraded.wanted.spec).toMatchObject({ runtimeBase: settings.runtimeBase, image });
    const next = sync({ ...before, scripts: [a1, b2], runtimeBase: "images.test/runtime:2" });
    expect(next.wanted.spec.runtimeBase).toBe("images.test/runtime:2");
  });

  test("a secret that changes in the middle of a build waits for that build", () => {
    const building = observed(sync({ scripts: [a1, b2] }).wanted, 5, {
      conditions: [condition("Built", "Unknown", "Building", { message: "the build Job is running" })],
    });
    const changed = script("b", resolved("b", "b3", { digest: "digest-of-b2", secretRef: "worker-b3" }));
    const during = sync({ scripts: [a1, changed], releases: [building] });
    expect(during.names).toEqual([building.metadata.name]);
    expect(during.scripts.b).toMatchObject({
      versionWanted: "b3",
      reason: "Building",
      message: "the build Job is running",
    });

    const after = sync({ scripts: [a1, changed], releases: [built(building)] });
    expect(after.wanted.spec.image).toBe(building.spec.targetImage);
    expect(served(after.bundle)).toEqual(["a:a1", "b:b3"]);
  });

  test("of two builds of one content the older goes on", () => {
    const building = observed(sync({ scripts: [a1, b2] }).wanted, 5);
    const changed = script("b", resolved("b", "b3", { digest: "digest-of-b2" }));
    const younger = observed(sync({ scripts: [a1, changed] }).wanted, 3);
    expect(sync({ scripts: [a1, changed], releases: [younger, building] }).names).toEqual([building.metadata.name]);
  });

  test("a build that failed by a worker's fault is waited for by nobody", () => {
    const failed = faulty(sync({ scripts: [a1, b2] }).wanted, "b", "b2");
    const changed = script("b", resolved("b", "b3", { digest: "digest-of-b2" }));
    const { names, wanted } = sync({ scripts: [a1, changed], releases: [failed] });
    expect(names).toEqual([wanted.metadata.name]);
    expect(names).not.toContain(failed.metadata.name);
  });

  test("code that has a digest needs no other name", () => {
    const { url: _, ...entry } = resolved("a", "a1");
    expect(sync({ scripts: [script("a", entry)] }).wanted.spec.workerVersions).toEqual({ a: "" });
  });

  test("code without a digest is known by its files", () => {
    const { digest: _, ...files } = resolved("a", "a1", { scriptsUrls: ["accounts/acme/a.js"] });
    const release = built(sync({ scripts: [script("a", files)] }).wanted);
    const renamed = sync({ scripts: [script("a", { ...files, version: "a2" })], releases: [release] });
    expect(renamed.wanted.spec.image).toBe(release.status?.image);
    const other = script("a", { ...files, scriptsUrls: ["accounts/acme/b.js"] });
    expect(sync({ scripts: [other], releases: [release] }).wanted.spec).not.toHaveProperty("image");
  });

  test("a release that is built says its image itself, so that its build may go", () => {
    const { releases } = sync({ scripts: [a1], releases: [built(sync({ scripts: [a1] }).wanted)] });
    expect(releases[0]?.spec.image).toBe(releases[0]?.spec.targetImage);
  });
});

describe("one bad script does not stop the others", () => {
  const before = serving([a1, b1]);
  const c1 = script("c", "c1");
  const bad = faulty(sync({ ...before, scripts: [a1, b2] }).wanted, "b", "b2");

  test("it stays at its last built version, and the status says why", () => {
    const { wanted, bundle, scripts, ready } = sync({
      ...before,
      scripts: [a1, b2],
      releases: [...before.releases, bad],
    });
    expect(wanted.metadata.name).toBe(before.releases[0]?.metadata.name);
    expect(served(bundle)).toEqual(["a:a1", "b:b1"]);
    expect(scripts).toMatchObject({
      a: { versionWanted: "a1", versionServing: "a1", reason: "Serving" },
      b: {
        versionWanted: "b2",
        versionServing: "b1",
        reason: "WorkerFault",
        message: "script b, version b2: the worker's code cannot start",
      },
    });
    expect(ready).toMatchObject({
      status: "False",
      reason: "WorkerFault",
      message: expect.stringMatching(/^b: script b/),
    });
  });

  test("others are deployed beside it", () => {
    const a2 = script("a", "a2");
    const during = sync({ ...before, scripts: [a2, b2], releases: [...before.releases, bad] });
    expect(during.wanted.spec.workers).toEqual([resolved("a", "a2"), resolved("b", "b1")]);
    const after = sync({ ...before, scripts: [a2, b2], releases: [...before.releases, bad, built(during.wanted)] });
    expect(served(after.bundle)).toEqual(["a:a2", "b:b1"]);
  });

  test("one that was never built is left out", () => {
    const first = faulty(sync({ ...before, scripts: [a1, b1, c1] }).wanted, "c", "c1");
    const { wanted, scripts } = sync({ ...before, scripts: [a1, b1, c1], releases: [...before.releases, first] });
    expect(wanted.spec.workers?.map(({ script: name }) => name)).toEqual(["a", "b"]);
    expect(scripts.c).toMatchObject({ versionWanted: "c1", reason: "WorkerFault" });
    expect(scripts.c).not.toHaveProperty("versionServing");
  });

  test("the only script, never built, leaves nothing to serve, and the account is not ready", () => {
    const first = faulty(sync({ scripts: [c1] }).wanted, "c", "c1");
    const { names, bundle, ready, built: buildVerdict } = sync({ scripts: [c1], releases: [first] });
    expect(names).toEqual([first.metadata.name]);
    expect(bundle.spec).not.toHaveProperty("workers");
    expect(ready).toMatchObject({ status: "False", reason: "WorkerFault" });
    expect(buildVerdict).toMatchObject({ status: "True", reason: "NoWorkers" });
  });

  test("the failed release is kept: it is the only evidence", () => {
    const { names } = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, bad] });
    expect(names).toEqual([before.releases[0]?.metadata.name, bad.metadata.name]);
  });

  test("one failed release is evidence enough", () => {
    const other = faulty(sync({ ...before, scripts: [script("a", "a2"), b2] }).wanted, "b", "b2");
    const { names } = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, bad, other] });
    expect(names).toHaveLength(2);
  });

  test("a new version of the script clears it, and the evidence goes", () => {
    const b3 = script("b", "b3");
    const { wanted, names, scripts } = sync({ ...before, scripts: [a1, b3], releases: [...before.releases, bad] });
    expect(wanted.spec.workers).toEqual([resolved("a", "a1"), resolved("b", "b3")]);
    expect(names).not.toContain(bad.metadata.name);
    expect(scripts.b).toMatchObject({ versionWanted: "b3", reason: "Building" });
  });

  test("one that was deleted and made anew never falls back on the code of its namesake", () => {
    const anew = script("b", resolved("b", "b2", { owner: "uid-of-the-new-b" }));
    const { wanted } = sync({ ...before, scripts: [a1, anew], releases: [...before.releases, bad] });
    expect(wanted.spec.workers).toEqual([resolved("a", "a1")]);
  });

  test("what serves is known from the bundle, also when its release is gone", () => {
    const { wanted } = sync({ ...before, scripts: [a1, b2], releases: [bad] });
    expect(wanted.spec.workers).toEqual([resolved("a", "a1"), resolved("b", "b1")]);
  });

  test("one that serves nothing yet falls back on the newest release that was built", () => {
    const { wanted } = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, bad], bundle: undefined });
    expect(wanted.spec.workers).toEqual([resolved("a", "a1"), resolved("b", "b1")]);
  });

  test("a bundle written by hand, without versions, pins nobody", () => {
    const workers = [
      { workerName: "a", workerNumber: 8080 },
      { workerName: "b", workerNumber: 8081, version: "b1" },
    ];
    const byHand = { ...before.bundle, spec: { ...before.bundle.spec, workers } };
    const { wanted } = sync({ ...before, scripts: [a1, b2], releases: [bad], bundle: byHand });
    expect(wanted.spec.workers).toEqual([resolved("a", "a1")]);
  });

  test("a release whose failure has no condition is told in general words", () => {
    const { conditions: _, ...status } = bad.status ?? {};
    const silent = { ...bad, status };
    const { scripts } = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, silent] });
    expect(scripts.b?.message).toBe("version b2 does not work");
  });

  test("a release of before that names no workers pins nobody", () => {
    const { workers: _, ...spec } = before.releases[0]?.spec ?? ({} as never);
    const nameless = { ...before.releases[0], spec } as WorkerRelease;
    const { wanted } = sync({ scripts: [a1, b2], releases: [nameless, bad] });
    expect(wanted.spec.workers).toEqual([resolved("a", "a1")]);
  });
});

describe("an infrastructure failure", () => {
  test("is the reason of what is not built, and of the account", () => {
    const before = serving([a1, b1]);
    const failed = observed(sync({ ...before, scripts: [a1, b2] }).wanted, 30, {
      conditions: [condition("Built", "False", "BlobMissing", { message: "code is not there" })],
    });
    const { scripts, ready, names } = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, failed] });
    expect(scripts).toMatchObject({
      a: { reason: "Serving" },
      b: { reason: "BuildFailed", message: "BlobMissing: code is not there" },
    });
    expect(ready).toMatchObject({ status: "False", reason: "BlobMissing", message: "code is not there" });
    expect(names).toContain(failed.metadata.name);
  });
});

describe("a build that waits", () => {
  test.each(["WaitingForPod", "ChildMissing"])("is named with its cause: %s", (reason) => {
    const before = serving([a1, b1]);
    const waiting = observed(sync({ ...before, scripts: [a1, b2] }).wanted, 30, {
      conditions: [condition("Built", "Unknown", reason)],
    });
    const { scripts, ready, built } = sync({ ...before, scripts: [a1, b2], releases: [...before.releases, waiting] });
    expect(scripts).toMatchObject({
      a: { reason: "Serving" },
      b: { reason: "Building", message: `${reason}: ${reason} it is` },
    });
    expect(ready).toMatchObject({ status: "False", reason, message: `${reason} it is` });
    expect(built).toMatchObject({ status: "Unknown", reason });
  });
});

describe("a removed script", () => {
  const before = serving([a1, b1]);

  test("stops at once, while the others keep serving from the image that still holds it", () => {
    const { bundle, wanted, scripts } = sync({ ...before, scripts: [a1] });
    expect(served(bundle)).toEqual(["a:a1"]);
    expect(images(bundle)).toBe(before.releases[0]?.status?.image);
    expect(bundle.spec.sockets).toEqual(before.bundle.spec.sockets);
    expect(wanted.spec).not.toHaveProperty("image");
    expect(scripts).not.toHaveProperty("b");
  });

  test("stops when its WorkerDeployment is to end, even if something holds it", () => {
    const ending = script("b", "b1", { deletionTimestamp: now });
    expect(served(sync({ ...before, scripts: [a1, ending] }).bundle)).toEqual(["a:a1"]);
  });

  test("stops at once also when a new one has its name, whose code never ran", () => {
    const namesake = script("b", resolved("b", "b9", { owner: "uid-of-another" }));
    const { bundle, scripts } = sync({ ...before, scripts: [a1, namesake] });
    expect(served(bundle)).toEqual(["a:a1"]);
    expect(scripts.b).toMatchObject({ versionWanted: "b9", reason: "Building" });
  });

  test("that was the last leaves nothing to serve, and that is well", () => {
    const { bundle, ready, built: buildVerdict, status, names } = sync({ ...before, scripts: [] });
    expect(bundle.spec).toEqual({
      deploymentName: "acme-bundle",
      previousRelease: before.releases[0]?.metadata.name,
      podTemplate: { replicas: 1 },
    });
    expect(ready).toMatchObject({ status: "True", reason: "NoWorkers" });
    expect(buildVerdict).toMatchObject({ status: "True", reason: "NoWorkers" });
    expect(status).toMatchObject({ scriptCount: 0 });
    expect(status).not.toHaveProperty("scripts");
    expect(names).toEqual([before.releases[0]?.metadata.name]);
  });

  test("that comes back, even as the last, serves without a build", () => {
    const without = sync({ ...before, scripts: [] });
    const back = sync({ ...before, bundle: told(without.bundle, true, 2) });
    expect(served(back.bundle)).toEqual(["a:a1", "b:b1"]);
  });

  test("leaves the others their ports until the next image", () => {
    expect(sync({ ...before, scripts: [b1] }).bundle.spec.workers).toMatchObject([
      { workerName: "b", workerNumber: 8081 },
    ]);
  });
});

describe("history of releases", () => {
  /** Deploys versions of `a` one after the other, each served before the next. */
  function deployed(count: number, spec: Partial<WorkerAccount["spec"]> = {}) {
    const parent = account(spec);
    let releases: WorkerRelease[] = [];
    let bundle: WorkerBundle | undefined;
    const names: string[] = [];
    for (let index = 1; index <= count; index++) {
      const scripts = [script("a", `a${index}`)];
      const { wanted } = sync({ parent, scripts, releases, bundle });
      names.push(wanted.metadata.name);
      releases = [...releases, built(wanted, 1000 - index)];
      const answer = sync({ parent, scripts, releases, bundle });
      releases = releases.filter(({ metadata }) => answer.names.includes(metadata.name));
      bundle = told(answer.bundle, true, index);
    }
    const scripts = [script("a", `a${count}`)];
    return { names, rest: sync({ parent, scripts, releases, bundle }), releases, bundle, parent };
  }

  test.each<[string, number, number | undefined, number[]]>([
    ["the only release is kept", 1, undefined, [0]],
    ["the serving one and the one before", 5, undefined, [4, 3]],
    ["and as many more as the account wants", 6, 2, [5, 2, 3, 4]],
    ["or all of them, if there are fewer", 3, 20, [2, 0, 1]],
  ])("%s", (_, count, releaseHistoryLimit, kept) => {
    const { names, rest } = deployed(count, releaseHistoryLimit === undefined ? {} : { releaseHistoryLimit });
    expect(rest.names.toSorted()).toEqual(kept.map((index) => names[index]).toSorted());
    expect(rest.status.previousRelease).toBe(count === 1 ? undefined : names[count - 2]);
  });

  test("the one before is known from the bundle, which cannot be older than what was told to it", () => {
    const { names, releases, bundle, parent } = deployed(3);
    const late = { ...parent, status: { previousRelease: names[0] ?? "" } };
    const { status } = sync({ parent: late, scripts: [script("a", "a3")], releases, bundle });
    expect(status.previousRelease).toBe(names[1]);
  });

  test("the serving one and the one before are kept while the next is built", () => {
    const { names, releases, bundle } = deployed(3);
    const during = sync({ scripts: [script("a", "a4")], releases, bundle });
    expect(during.names.toSorted()).toEqual([during.wanted.metadata.name, names[1], names[2]].toSorted());
    expect(during.bundle.spec).toMatchObject({ release: names[2], previousRelease: names[1] });
  });

  test("one before that somebody deleted is not named any more", () => {
    const { releases, bundle } = deployed(2);
    const { status, bundle: desired } = sync({ scripts: [script("a", "a2")], releases: releases.slice(1), bundle });
    expect(status).not.toHaveProperty("previousRelease");
    expect(desired.spec).not.toHaveProperty("previousRelease");
  });

  test("a superseded release that was never built goes, and its build with it", () => {
    const before = serving([a1]);
    const building = observed(sync({ ...before, scripts: [script("a", "a2")] }).wanted, 5);
    const { names } = sync({ ...before, scripts: [script("a", "a3")], releases: [...before.releases, building] });
    expect(names).not.toContain(building.metadata.name);
  });
});

describe("the deployment that a script's status speaks of", () => {
  const deployments = [{ id: "second", createdOn: now, versions: [{ name: "a1" }] }] as never;
  const said = (generation: number, resolved: number) => {
    const asked = script("a", "a1", { generation }, { deployments });
    const parent = { ...asked, status: { ...asked.status, observedGeneration: resolved } };
    return sync({ scripts: [parent] }).status.scripts;
  };

  test("is the newest one, once it is resolved", () => {
    expect(said(2, 2)).toMatchObject([{ versionWanted: "a1", deploymentWanted: "second" }]);
  });

  test("is unknown until then, even if the version is the same", () => {
    expect(said(2, 1)).toMatchObject([{ versionWanted: "a1" }]);
    expect(said(2, 1)?.[0]).not.toHaveProperty("deploymentWanted");
  });
});

describe("claims: the oldest WorkerDeployment has the better right", () => {
  const old = { creationTimestamp: at(-7200) };
  const serves = (world: World) => served(sync({ ...world, releases: [built(sync(world).wanted)] }).bundle);

  test("two of one script", () => {
    const world = { scripts: [script("a", "a2", { name: "copy" }), script("a", "a1", old)] };
    expect(serves(world)).toEqual(["a:a1"]);
    const { status, ready } = sync(world);
    expect(status.scripts).toMatchObject([
      { name: "a", versionWanted: "a1" },
      { name: "a", reason: "DuplicateScript" },
    ]);
    expect(ready).toMatchObject({ status: "False", reason: "DuplicateScript" });
  });

  test("two whose names differ in a sign only live side by side", () => {
    const world = { scripts: [script("a_b", "x2", { name: "younger" }), script("a-b", "x1", old)] };
    expect(serves(world)).toEqual(["a-b:x1", "a_b:x2"]);
  });

  test("an older one claims its name before it has a version, so that it never pushes out what serves", () => {
    const world = { scripts: [script("a", "x2", { name: "younger" }), script("a", undefined, old)] };
    const { status, bundle } = sync(world);
    expect(status.scripts).toMatchObject([{ name: "a", reason: "DuplicateScript" }]);
    expect(bundle.spec).not.toHaveProperty("workers");
  });

  test("one that is to end claims nothing", () => {
    const ending = script("a", "x1", { ...old, deletionTimestamp: now });
    expect(serves({ scripts: [script("a", "x2", { name: "younger" }), ending] })).toEqual(["a:x2"]);
  });

  test("one by hand claims the name in its template", () => {
    const { scriptName: _, ...spec } = script("a", undefined).spec;
    const template = { scriptName: "a", compatibilityDate: "2026-01-01", scriptsUrls: ["x"] };
    const byHand = { ...script("x", undefined, { ...old, name: "by-hand" }), spec: { ...spec, template } };
    expect(sync({ scripts: [a1, byHand] }).scripts.a).toMatchObject({ reason: "DuplicateScript" });
  });

  test("one without any name, which its schema refuses, claims nothing", () => {
    const { scriptName: _, ...spec } = script("a", undefined).spec;
    expect(sync({ scripts: [{ ...script("a", undefined), spec }] }).status.scripts).toBeUndefined();
  });

  test(`more than ${maxScripts}`, () => {
    const many = Array.from({ length: maxScripts }, (_, index) => script(`s${index}`, `v${index}`, old));
    const { scripts, status, wanted } = sync({ scripts: [a1, ...many] });
    expect(wanted.spec.workers).toHaveLength(maxScripts);
    expect(status.scriptCount).toBe(maxScripts);
    expect(scripts.a).toMatchObject({
      reason: "TooManyScripts",
      message: "an account holds at most 100 scripts: one image layer each",
    });
  });
});

describe("hosts", () => {
  function hosts(scripts: readonly WorkerDeployment[], spec: Partial<WorkerAccount["spec"]> = {}) {
    const { bundle } = serving(scripts, { parent: account(spec) });
    return bundle.spec.workers?.map(({ host }) => host);
  }

  test.each<[string, readonly WorkerDeployment[], Partial<WorkerAccount["spec"]>, (string | undefined)[]]>([
    ["script, account and domain", [a1], {}, ["a.acme.workers.test"]],
    ["the account's own subdomain", [a1], { subdomain: "shop" }, ["a.shop.workers.test"]],
    ["the account's own domain", [a1], { ingress: { domain: "example.test" } }, ["a.acme.example.test"]],
    [
      "a name that is no DNS label is mapped",
      [script("My_api", "x")],
      {},
      [expect.stringMatching(/^my-api-[0-9a-f]{10}\.acme\./) as never],
    ],
    ["a script that is not public has none", [script("a", "a1", {}, { workersDev: false })], {}, [undefined]],
  ])("%s", (_, scripts, spec, expected) => {
    expect(hosts(scripts, spec)).toEqual(expected);
  });

  test("the status says where a script answers", () => {
    expect(sync(serving([a1])).scripts.a).toMatchObject({
      host: "a.acme.workers.test",
      url: "https://a.acme.workers.test",
    });
    const hidden = sync(serving([script("a", "a1", {}, { workersDev: false })])).scripts.a;
    expect(hidden).not.toHaveProperty("url");
    expect(hidden).not.toHaveProperty("host");
  });

  test("a port that is not the scheme's own is part of the URL", () => {
    const world = serving([a1]);
    const request = syncRequest({
      parent: account(),
      children: [...world.releases, world.bundle, workerSubdomain()],
      related: [...world.scripts, workerSubdomain(), namespaceObject()],
    });
    const { status } = runSync(workerAccount as never, request, { ...settings, urlScheme: "http", urlPort: 8787 }, now);
    expect(status.scripts).toMatchObject([{ url: "http://a.acme.workers.test:8787" }]);
  });

  test("a script becomes reachable without a build", () => {
    const world = serving([script("a", "a1", {}, { workersDev: false })]);
    const { bundle } = sync({ ...world, scripts: [a1] });
    expect(bundle.spec.workers).toMatchObject([{ host: "a.acme.workers.test" }]);
  });
});

describe("the bundle", () => {
  test("looks as the account wants its pods", () => {
    const podTemplate = { imagePullSecret: "registry", replicas: 3, resources: { limits: { memory: "1Gi" } } };
    const { bundle } = sync({ parent: account({ podTemplate, ingress: { className: "nginx" } }) });
    expect(bundle).toMatchObject({
      metadata: { name: "acme-bundle", labels: { accounts: "acme" } },
      spec: { deploymentName: "acme-bundle", podTemplate, ingress: { className: "nginx" } },
    });
  });

  test("has the Secrets of its scripts", () => {
    const { bundle } = serving([script("a", resolved("a", "a1", { secretRef: "mine", secretRevision: "7" }))]);
    expect(bundle.spec.workers).toMatchObject([{ secretRef: "mine", secretRevision: "7", envPrefix: envPrefix("a") }]);
  });

  test.each<[string, (bundle: WorkerBundle) => WorkerBundle, string]>([
    ["serves", (bundle) => told(bundle, true), "Serving"],
    ["rolls out", (bundle) => told(bundle, false), "RollingOut"],
    [
      "has not looked at what it was told",
      (bundle) => ({ ...told(bundle, true), metadata: { ...bundle.metadata, generation: 9 } }),
      "RollingOut",
    ],
    [
      "was told something else",
      (bundle) => told({ ...bundle, spec: { ...bundle.spec, release: "other" } }, true),
      "RollingOut",
    ],
    [
      "serves another version",
      (bundle) => ({
        ...told(bundle, true),
        status: { ...told(bundle, true).status, workers: [{ name: "a", version: "a0" }] },
      }),
      "RollingOut",
    ],
  ])("that %s is what the account says of its scripts", (_, change, reason) => {
    const world = serving([a1]);
    const { scripts } = sync({ ...world, bundle: change(world.bundle) });
    expect(scripts.a?.reason).toBe(reason);
  });

  test("that is ready makes the account ready; one that is not says why", () => {
    const world = serving([a1]);
    expect(sync(world).ready).toMatchObject({ status: "True", reason: "Serving" });
    const rolling = sync({ ...world, bundle: told(world.bundle, false) });
    expect(rolling.ready).toMatchObject({ status: "False", reason: "RollingOut", message: "RollingOut it is" });
    expect(rolling.scripts.a).toMatchObject({ message: "RollingOut it is" });
    const late = sync({
      ...world,
      bundle: told({ ...world.bundle, spec: { ...world.bundle.spec, release: "x" } }, true),
    });
    expect(late.ready).toMatchObject({ reason: "RollingOut", message: "the bundle is being told what to serve" });
  });

  test.each(["WaitingForPods", "FailedCreate", "ChildMissing", "UpdateRefused"])(
    "that cannot go on is named with its cause: %s",
    (reason) => {
      const world = serving([a1]);
      const conditions = [condition("Ready", "False", reason)];
      const bundle = { ...world.bundle, status: { observedGeneration: 1, conditions } };
      const { ready, scripts } = sync({ ...world, bundle });
      expect(ready).toMatchObject({ status: "False", reason, message: `${reason} it is` });
      expect(scripts.a).toMatchObject({ reason: "RollingOut", message: `${reason}: ${reason} it is` });
    },
  );

  test("that says nothing of itself is being created", () => {
    const world = serving([a1]);
    const silent = { ...world.bundle, status: { observedGeneration: 1 } };
    expect(sync({ ...world, bundle: silent }).ready).toMatchObject({ message: "the bundle is being created" });
  });

  test("that was told a release without an image serves nothing yet", () => {
    const world = serving([a1]);
    const imageless = { ...world.bundle, spec: { ...world.bundle.spec, podTemplate: {} } };
    expect(sync({ ...world, releases: [], bundle: imageless }).bundle.spec).not.toHaveProperty("workers");
  });
});

describe("an account that may not act keeps what it has, and loses its public addresses", () => {
  const world = serving([a1]);

  function expectHidden(given: World, reason: string) {
    const answer = sync({ ...world, ...given });
    expect(answer.ready).toMatchObject({ status: "False", reason });
    expect(answer.releases.map(({ spec }) => spec)).toEqual(world.releases.map(({ spec }) => spec));
    expect(served(answer.bundle)).toEqual(["a:a1"]);
    expect(answer.bundle.spec.workers?.[0]).not.toHaveProperty("host");
    expect(answer.status).not.toHaveProperty("scripts");
    return answer;
  }

  test("where its namespace is not enabled, and it claims nothing any more", () => {
    expect(expectHidden({ namespaces: [namespaceObject("team", {})] }, "NamespaceNotEnabled").claim).toBeUndefined();
  });

  test("where an older claim has its id or subdomain, and its own waits for the end of that", () => {
    const older = workerSubdomain(account({}, { namespace: "other" }), {
      creationTimestamp: at(-9000),
      since: at(-9000),
    });
    expect(expectHidden({ others: [older] }, "Conflict").claim).toBeDefined();
  });

  test("also a bundle that serves nothing", () => {
    const nothing = sync({}).bundle;
    const { bundle } = sync({ bundle: told(nothing, true), namespaces: [namespaceObject("team", {})] });
    expect(bundle.spec).toEqual(nothing.spec);
  });
});

describe("until its claim is there", () => {
  test("a new account does nothing but claim", () => {
    const { claim, releases, bundle, ready } = sync({ scripts: [a1], claims: [] });
    expect(claim).toMatchObject({ metadata: { name: "acme" }, spec: { account: "acme", subdomain: "acme" } });
    expect(releases).toEqual([]);
    expect(bundle).toBeUndefined();
    expect(ready).toMatchObject({ status: "Unknown", reason: "Claiming" });
  });

  test("an account that serves goes on as it is, and says what it said", () => {
    const world = serving([a1]);
    const { status } = sync(world);
    const { conditions: _, ...before } = status;
    const parent = account({}, { status });
    const answer = sync({ ...world, scripts: [], parent, claims: [] });
    expect(answer.bundle.spec).toEqual(world.bundle.spec);
    expect(answer.releases.map(({ spec }) => spec)).toEqual(world.releases.map(({ spec }) => spec));
    expect(answer.status).toMatchObject(before);
  });

  test("an account that wants another subdomain waits for it, too", () => {
    const { claim, ready } = sync({ parent: account({ subdomain: "shop" }), claims: [workerSubdomain()] });
    expect(claim?.spec.subdomain).toBe("shop");
    expect(ready).toMatchObject({ reason: "Claiming" });
  });
});

describe("what it wants to see", () => {
  test("its scripts in its own namespace, that namespace, and the claims to what it claims", () => {
    expect(runCustomize(workerAccount as never, { parent: account({ subdomain: "shop" }) })).toEqual({
      relatedResources: [
        {
          apiVersion: "api.cf-worker/v1",
          resource: "workerdeployments",
          namespace: "team",
          labelSelector: { matchLabels: { accounts: "acme" } },
        },
        { apiVersion: "v1", resource: "namespaces", names: ["team"] },
        {
          apiVersion: "api.cf-worker/v1",
          resource: "workersubdomains",
          labelSelector: { matchLabels: { accounts: "acme" } },
        },
        {
          apiVersion: "api.cf-worker/v1",
          resource: "workersubdomains",
          labelSelector: { matchLabels: { "octoplane.io/subdomain": "shop" } },
        },
      ],
    });
  });

  test("is never all namespaces because it has none", () => {
    const { namespace: _, ...metadata } = account().metadata;
    const [scripts, namespaces] = runCustomize(workerAccount as never, {
      parent: { ...account(), metadata },
    }).relatedResources;
    expect(scripts).toMatchObject({ namespace: "" });
    expect(namespaces).toMatchObject({ names: [""] });
  });
});
