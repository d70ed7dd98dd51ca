import { describe, expect, test } from "vitest";
import { Secret } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { envPrefix } from "../../api/workers/names.ts";
import { tokenLabel } from "../../api/workers/token.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import { syncRequest } from "../../test/objects/request.ts";
import {
  credentials,
  now,
  resolved,
  settings,
  stored,
  workerDeployment,
  workerVersion,
} from "../../test/objects/workers.ts";
import { runCustomize, runSync } from "../contract/run.ts";
import { workerDeployment as hook } from "./worker-deployment.ts";

type Spec = WorkerDeployment["spec"];

/** A WorkerDeployment that names `deployed`, newest first. */
function deployment(deployed: readonly string[], over: Partial<Spec> = {}, metadata = {}): WorkerDeployment {
  const deployments = deployed.map((name, index) => ({
    id: `d${index}`,
    createdOn: now,
    versions: [{ name, percentage: 100 }],
  }));
  return workerDeployment("api", undefined, metadata, { deployments, ...over });
}

const template = {
  scriptName: "api",
  compatibilityDate: "03/01/2026",
  scriptsUrls: ["s3://code/prefix/accounts/acme/api/index.js"],
};

function byHand(over: Partial<NonNullable<Spec["template"]>> = {}, metadata = {}, spec: Partial<Spec> = {}) {
  const { scriptName: _, ...rest } = workerDeployment("api", undefined, metadata).spec;
  return {
    ...workerDeployment("api", undefined, metadata),
    spec: { ...rest, template: { ...template, ...over }, ...spec },
  };
}

function sync(
  parent: WorkerDeployment,
  children: readonly KubernetesObject[] = [],
  related: KubernetesObject[] = [],
  own = settings,
) {
  const answer = runSync(hook as never, syncRequest({ parent, children, related }), own, now);
  const [ready] = answer.status.conditions as { status: string; reason: string; message: string }[];
  return {
    names: answer.children.map(({ metadata }) => metadata.name),
    versions: answer.children as WorkerVersion[],
    serving: (answer.status as WorkerDeployment["status"])?.serving,
    status: answer.status,
    ready,
  };
}

const [v1, v2, v3, v4] = [1, 2, 3, 4].map((sequence) => workerVersion(`v${sequence}`, { sequence })) as [
  WorkerVersion,
  WorkerVersion,
  WorkerVersion,
  WorkerVersion,
];

describe("the head", () => {
  test("is resolved, so that nobody above reads versions", () => {
    const digest = "f".repeat(64);
    const version = workerVersion("v1", { digest, secretRef: "worker-v1", compatibilityDate: "2026-01-01" });
    expect(sync(deployment(["v1"]), [version])).toMatchObject({
      serving: [
        {
          script: "api",
          version: "v1",
          url: "accounts/acme/scripts/api/digest-of-v1",
          digest,
          envPrefix: envPrefix("api"),
          secretRef: "worker-v1",
        },
      ],
      status: { latestVersion: "v1", versionCount: 1 },
      ready: { status: "True", reason: "Resolved" },
    });
  });

  test("is what the newest deployment names, also after a rollback", () => {
    expect(sync(deployment(["v1", "v2"]), [v1, v2]).serving).toMatchObject([{ version: "v1" }]);
  });

  test("leaves what served before, while its version cannot be seen", () => {
    const serving = [resolved("api", "v1")];
    expect(sync(deployment(["v2", "v1"], {}, { status: { serving } }), [v1])).toMatchObject({
      serving,
      ready: { status: "False", reason: "VersionMissing" },
    });
  });

  test("is nothing before the first deployment", () => {
    const answer = sync(workerDeployment("api", undefined), [v1]);
    expect(answer).toMatchObject({ names: ["v1"], ready: { status: "Unknown", reason: "NothingDeployed" } });
    expect(answer.serving).toBeUndefined();
    expect(sync(workerDeployment("api", undefined)).status).not.toHaveProperty("latestVersion");
  });
});

describe("a version of somebody else is never served", () => {
  const serving = [resolved("api", "v0")];

  test.each<[string, Partial<WorkerVersion["spec"]>]>([
    ["another account's", { accounts: "other" }],
    ["another script's", { scripts: "other" }],
    ["with code of another account", { url: "accounts/other/scripts/api/x" }],
    ["with code of an account whose name begins alike", { url: "accounts/acme-2/scripts/api/x" }],
  ])("%s", (_, over) => {
    const answer = sync(deployment(["v1"], {}, { status: { serving } }), [workerVersion("v1", over)]);
    expect(answer).toMatchObject({ names: ["v1"], serving, ready: { status: "False", reason: "ForeignVersion" } });
  });

  test("nor one without an account", () => {
    expect(sync(deployment(["v1"], {}, { labels: {} }), [v1])).toMatchObject({
      names: ["v1"],
      ready: { status: "False", reason: "NoAccount", message: expect.stringContaining("metadata.labels.accounts") },
    });
  });
});

describe("history", () => {
  const all = [v1, v2, v3, v4];

  test.each<[string, string[], number | undefined, string[]]>([
    ["keeps a hundred versions unless told otherwise", ["v4"], undefined, ["v4", "v3", "v2", "v1"]],
    ["keeps the newest by sequence, deployed or not", ["v4"], 2, ["v4", "v3"]],
    ["keeps what a listed deployment names: it may be rolled back to", ["v4", "v1"], 2, ["v4", "v3", "v1"]],
    ["keeps the head, however old", ["v1"], 1, ["v4", "v1"]],
  ])("%s", (_, deployed, releaseHistoryLimit, kept) => {
    const limit = releaseHistoryLimit === undefined ? {} : { releaseHistoryLimit };
    expect(sync(deployment(deployed, limit), all)).toMatchObject({
      names: kept,
      status: { versionCount: kept.length, latestVersion: "v4" },
    });
  });

  test("keeps the hundred newest of more", () => {
    const many = Array.from({ length: 103 }, (_, index) => workerVersion(`n${index}`, { sequence: index + 1 }));
    expect(sync(deployment(["n0"]), many).names).toEqual(
      [...many.slice(3).reverse(), ...many.slice(0, 1)].map(({ metadata }) => metadata.name),
    );
  });

  test("counts versions without a sequence as the oldest, in the order of their names", () => {
    const answer = sync(deployment(["v1"], { releaseHistoryLimit: 2 }), [workerVersion("a"), v1, workerVersion("b")]);
    expect(answer.names).toEqual(["v1", "b"]);
  });

  test("lists versions as they are, and never what the server wrote", () => {
    expect(sync(deployment(["v1"]), [v1]).versions).toEqual([
      {
        apiVersion: "api.cf-worker/v1",
        kind: "WorkerVersion",
        metadata: { name: "v1", namespace: "team", labels: { accounts: "acme" } },
        spec: v1.spec,
      },
    ]);
  });
});

describe("a template", () => {
  test("makes the version, as a Deployment makes a ReplicaSet", () => {
    const { versions, serving, ready } = sync(byHand());
    expect(versions).toEqual([
      {
        apiVersion: "api.cf-worker/v1",
        kind: "WorkerVersion",
        metadata: { name: expect.any(String), namespace: "team", labels: { accounts: "acme", scripts: "api" } },
        spec: {
          accounts: "acme",
          scripts: "api",
          url: "accounts/acme/",
          compatibilityDate: "2026-03-01",
          scriptsUrls: ["accounts/acme/api/index.js"],
          source: "kubectl",
          sequence: 1,
        },
      },
    ]);
    expect(serving).toEqual([
      {
        script: "api",
        version: versions[0]?.metadata.name,
        url: "accounts/acme/",
        envPrefix: envPrefix("api"),
        owner: "uid-WorkerDeployment-acme.api",
        compatibilityDate: "2026-03-01",
        scriptsUrls: ["accounts/acme/api/index.js"],
      },
    ]);
    expect(ready).toMatchObject({ status: "True", reason: "Resolved" });
  });

  test("may leave out the date of a version that describes itself", () => {
    const version = workerVersion("v1", { scriptsUrls: ["accounts/acme/a.js"] });
    expect(sync(deployment(["v1"]), [version]).serving?.[0]).not.toHaveProperty("compatibilityDate");
  });

  test("that does not change keeps its version, with its name and number", () => {
    const [made] = sync(byHand()).versions;
    const again = sync(byHand(), [{ ...made, metadata: { ...made?.metadata, resourceVersion: "9" } } as WorkerVersion]);
    expect(again.versions).toEqual([made]);
  });

  test("that changes makes the next version, and the old one is history", () => {
    const [made] = sync(byHand()).versions as [WorkerVersion];
    const { versions, status } = sync(byHand({ scriptsUrls: ["accounts/acme/api/next.js"] }), [made]);
    expect(versions.map(({ spec }) => spec.sequence)).toEqual([2, 1]);
    expect(versions[1]?.metadata.name).toBe(made.metadata.name);
    expect(status.latestVersion).toBe(versions[0]?.metadata.name);
  });

  test("that goes back to an older content serves that version, which no history limit takes away", () => {
    const [old] = sync(byHand()).versions as [WorkerVersion];
    const newer = workerVersion("newer", { sequence: 2 });
    const { names, serving } = sync(byHand({}, {}, { releaseHistoryLimit: 1 }), [old, newer]);
    expect(names).toEqual(["newer", old.metadata.name]);
    expect(serving).toMatchObject([{ version: old.metadata.name }]);
  });

  test.each([
    ["another account's prefix", "accounts/other/index.js"],
    ["a prefix that begins alike", "accounts/acme-2/index.js"],
    ["a way out of the prefix", "accounts/acme/../other/index.js"],
    ["another bucket", "s3://other/accounts/acme/index.js"],
    ["a bucket whose name begins alike", "s3://code/prefix-2/accounts/acme/index.js"],
    ["an empty part", "accounts/acme//index.js"],
    ["a folder", "accounts/acme/"],
  ])("refuses %s, and leaves what served before", (_, url) => {
    const serving = [resolved("api", "v1")];
    const answer = sync(byHand({ scriptsUrls: [template.scriptsUrls[0] ?? "", url] }, { status: { serving } }), [v1]);
    expect(answer).toMatchObject({
      names: ["v1"],
      serving,
      ready: { status: "False", reason: "ForeignUrl", message: expect.stringContaining(`"${url}"`) },
    });
  });

  test("of a script whose name is no label has no label", () => {
    expect(sync(byHand({ scriptName: "_api" })).versions[0]?.metadata.labels).toEqual({ accounts: "acme" });
  });

  test("without an account makes nothing", () => {
    expect(sync(byHand({}, { labels: {} }), [v1])).toMatchObject({ names: ["v1"], ready: { reason: "NoAccount" } });
  });
});

describe("the Secret of a template", () => {
  const secret = (resourceVersion: string) => stored(Secret, { name: "mine", resourceVersion }, undefined as never);
  const parent = byHand({ secretRef: "mine", secretNames: ["KEY"] });

  test("is the only related object", () => {
    expect(runCustomize(hook as never, { parent })).toEqual({
      relatedResources: [{ apiVersion: "v1", resource: "secrets", namespace: "team", names: ["mine"] }],
    });
    for (const none of [byHand(), byHand({ secretRef: "" }), deployment(["v1"])]) {
      expect(runCustomize(hook as never, { parent: none })).toEqual({ relatedResources: [] });
    }
  });

  test("is asked for in the namespace of the parent, if it has one", () => {
    const { namespace: _, ...metadata } = parent.metadata;
    expect(runCustomize(hook as never, { parent: { ...parent, metadata } }).relatedResources).toMatchObject([
      { namespace: "" },
    ]);
  });

  test("rolls the pods when it changes, and makes no new version", () => {
    const before = sync(parent, [], [secret("7")]);
    const after = sync(parent, [], [secret("8")]);
    expect(before.serving).toMatchObject([{ secretRef: "mine", secretNames: ["KEY"], secretRevision: "7" }]);
    expect(after.serving).toMatchObject([{ secretRef: "mine", secretRevision: "8" }]);
    expect(after.names).toEqual(before.names);
  });

  test("rolls nothing while it is missing: what served before stays, and the reason is said", () => {
    const serving = sync(parent, [], [secret("7")]).serving ?? [];
    const answer = sync(byHand({ secretRef: "mine" }, { status: { serving } }));
    expect(answer).toMatchObject({ serving, ready: { status: "False", reason: "SecretMissing" } });
    expect(sync(parent).serving).toBeUndefined();
  });

  const typed = (type: string) => ({ ...stored(Secret, { name: "mine" }, undefined as never), type });
  test.each<[string, KubernetesObject, Partial<typeof settings>, string]>([
    ["pulls images", secret("7"), { credentials: { ...credentials, registrySecret: "mine" } }, "credentials"],
    ["opens the blob store", secret("7"), { credentials: { ...credentials, s3Secret: "mine" } }, "credentials"],
    [
      "holds tokens",
      stored(Secret, { name: "mine", labels: { [tokenLabel]: "true" } }, undefined as never),
      {},
      "tokens",
    ],
    ["belongs to a service account", typed("kubernetes.io/service-account-token"), {}, "service-account-token"],
    ["is a certificate's key", typed("kubernetes.io/tls"), {}, "kubernetes.io/tls"],
  ])("is refused when it %s: its script could read it", (_, reserved, more, reason) => {
    const { ready, serving } = sync(parent, [], [reserved], { ...settings, ...more });
    expect(ready).toMatchObject({ reason: "SecretReserved", message: expect.stringContaining(reason) });
    expect(serving).toBeUndefined();
  });

  test("may say that it is Opaque", () => {
    expect(sync(parent, [], [typed("Opaque")]).ready).toMatchObject({ status: "True" });
  });

  test("of a version that the API made is known by its name alone", () => {
    const version = workerVersion("v1", { secretRef: "worker-v1" });
    expect(
      sync(deployment(["v1"]), [version], [stored(Secret, { name: "worker-v1" }, undefined as never)]).serving?.[0],
    ).not.toHaveProperty("secretRevision");
  });
});
