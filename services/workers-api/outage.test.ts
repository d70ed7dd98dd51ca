/** Parts that fail in the middle of a request: the answer names them, and nothing is half done. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "../../api/builtin.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { type KubernetesClient, KubernetesError } from "../../kubernetes/client.ts";
import { WorkerdFailure } from "../../runtime/failure.ts";
import { StoreError } from "../../stores/error.ts";
import { scriptsOf } from "../../test/workers-api/scripts.ts";
import { moduleUpload, soon, startWorld, type World } from "../../test/workers-api/world.ts";
import { asApiError } from "./envelope.ts";

let world: World;
/** Asked before each write of the API to the cluster: what it throws is what the API server answers. */
let beforeWrite: (verb: "create" | "patch", kind: string) => void;
/** Asked after each write. */
let afterWrite: typeof beforeWrite;

const harmless = () => undefined;

function seenThrough(client: KubernetesClient): KubernetesClient {
  return {
    ...client,
    async create(resource, object, options) {
      beforeWrite("create", resource.kind);
      const created = await client.create(resource, object, options);
      afterWrite("create", resource.kind);
      return created;
    },
    async mergePatch(resource, key, patch, options) {
      beforeWrite("patch", resource.kind);
      const changed = await client.mergePatch(resource, key, patch, options);
      afterWrite("patch", resource.kind);
      return changed;
    },
  };
}

beforeEach(async () => {
  beforeWrite = harmless;
  afterWrite = harmless;
  world = await startWorld({ seenThrough });
});
afterEach(() => world.close());

const { put, deploymentsOf } = scriptsOf(() => world);
const secret = { bindings: [{ type: "secret_text", name: "S", text: "s" }] };

async function stored(): Promise<Record<string, number>> {
  const kinds = { WorkerDeployment, WorkerVersion };
  const counts = Object.entries(kinds).map(async ([kind, resource]) => {
    const { items } = await world.client.list<WorkerDeployment | WorkerVersion>(resource as typeof WorkerVersion);
    return [kind, items.length] as const;
  });
  const ofVersions = (await world.client.list(Secret)).items.filter(({ metadata }) =>
    metadata.name.startsWith("worker-"),
  );
  return { ...Object.fromEntries(await Promise.all(counts)), Secret: ofVersions.length };
}

const nothing = { WorkerDeployment: 0, WorkerVersion: 0, Secret: 0 };

/** Fails once, at this write. */
function once(verb: string, kind: string, error: Error): typeof beforeWrite {
  let isDone = false;
  return (...write) => {
    if (isDone || write.join() !== [verb, kind].join()) return;
    isDone = true;
    throw error;
  };
}

const unreachable = new KubernetesError(0, "Unreachable", "connect ECONNREFUSED 10.0.0.1:6443");
const unavailable = (part: string) => ({
  status: 503,
  retryAfter: "5",
  result: null,
  errors: [{ code: 12015, message: expect.stringMatching(new RegExp(`^${part} cannot be reached at the moment \\(`)) }],
});

describe("a deploy that is cut off", () => {
  test.each([
    ["before its script is made", "create", "WorkerDeployment"],
    ["before its version is made", "create", "WorkerVersion"],
    ["before its Secret is made", "create", "Secret"],
    ["before its commit", "patch", "WorkerDeployment"],
  ])("%s has deployed nothing, and the same upload again is one deploy", async (_when, verb, kind) => {
    beforeWrite = once(verb, kind, unreachable);
    expect(await put("cut", "hello", secret)).toMatchObject(unavailable("the Kubernetes API"));
    expect((await world.call("GET", "~/workers/services/cut")).errors[0]?.code).toBe(10090);
    expect(await put("cut", "hello", secret)).toMatchObject({ status: 200, messages: [] });
    expect(await deploymentsOf("cut")).toHaveLength(1);
    const versions = await world.call("GET", "~/workers/scripts/cut/versions");
    expect(versions.result.items).toHaveLength(1);
  });

  test("after its commit is deployed, and the same upload again is that deploy", async () => {
    afterWrite = once("patch", "WorkerDeployment", unreachable);
    expect((await put("cut", "hello", secret)).status).toBe(503);
    const [committed] = await deploymentsOf("cut");
    expect(await put("cut", "hello", secret)).toMatchObject({ status: 200 });
    expect(await deploymentsOf("cut")).toEqual([committed]);
    expect((await world.client.list(WorkerVersion)).items).toHaveLength(1);
  });
});

describe("the blob store", () => {
  function failing(error: Error, at = 0): void {
    const { put: write } = world.blobs;
    let writes = 0;
    world.blobs.put = async (...args) => {
      if (writes++ >= at) throw error;
      return write(...args);
    };
  }

  test.each([
    ["at once", 0],
    ["half way", 1],
  ])("that fails %s leaves nothing in the cluster", async (_when, at) => {
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    failing(new StoreError("unreachable", "nobody answers", { cause }), at);
    const answer = await put("unstored", "hello", secret);
    expect(answer).toMatchObject(unavailable("the blob store"));
    expect(answer.errors[0]?.message).toContain("(ECONNREFUSED)");
    expect(await stored()).toEqual(nothing);
  });

  test("that says nothing at all is as good as away", async () => {
    const cutOff = await world.replica({
      blobTimeoutMs: 20,
      blobStore: { ...world.blobs, put: () => new Promise(() => undefined) },
    });
    const answer = await cutOff.call("PUT", "~/workers/scripts/unstored", moduleUpload());
    await cutOff.close();
    expect(answer).toMatchObject(unavailable("the blob store"));
    expect(answer.errors[0]?.message).toContain("(ETIMEDOUT)");
    expect(await stored()).toEqual(nothing);
  });

  test.each(["denied", "refused", "unwritable", "missing"] as const)(
    "that answers %s needs its administrator",
    async (kind) => {
      failing(new StoreError(kind, "blob x: no", { cause: Object.assign(new Error("no"), { name: "AccessDenied" }) }));
      expect(await put("unstored")).toMatchObject({
        status: 500,
        errors: [{ code: 12022, message: expect.stringContaining("does not work for the platform (AccessDenied)") }],
      });
      expect(await stored()).toEqual(nothing);
    },
  );
});

describe("the cluster refuses", () => {
  const forbidden = (words: string, causes: { reason: string }[] = []) =>
    new KubernetesError(403, "Forbidden", `workerversions.api.cf-worker "x" is forbidden: ${words}`, { causes });
  const rbac =
    'User "system:serviceaccount:octoplane-system:workers-api" cannot create resource "workerversions" in API group';

  test.each([
    ["a quota, in its own words", forbidden("exceeded quota: small"), 400, 12016, "exceeded quota: small"],
    ["for want of rights, which no tenant can mend", forbidden(rbac), 500, 12023, "its administrator has to mend that"],
    ["its credentials", new KubernetesError(401, "Unauthorized", "Unauthorized"), 500, 12023, "its administrator"],
    [
      "what goes into a namespace that ends",
      forbidden("unable to create new content", [{ reason: "NamespaceTerminating" }]),
      409,
      12024,
      "is being deleted",
    ],
    ["while it is overloaded", new KubernetesError(429, "TooManyRequests", "later"), 503, 12015, "(TooManyRequests)"],
  ])("%s", async (_what, error, status, code, message) => {
    beforeWrite = once("create", "WorkerVersion", error);
    const answer = await put("refused");
    expect(answer).toMatchObject({ status, errors: [{ code, message: expect.stringContaining(message) }] });
    expect(JSON.stringify(answer)).not.toContain("serviceaccount");
  });
});

describe("without the Kubernetes API", () => {
  test("every request is answered with JSON that says so, until it is back", async () => {
    await put("there");
    await world.outage(async () => {
      for (const path of ["~/workers/services/there", "~/workers/scripts", "~/workers/scripts/there/deployments"]) {
        expect(await world.call("GET", path)).toMatchObject(unavailable("the Kubernetes API"));
      }
      expect(await put("there", "next")).toMatchObject(unavailable("the Kubernetes API"));
      expect(await world.call("GET", "/accounts")).toMatchObject({ status: 200 }); // known from before
    });
    expect(await put("there", "next")).toMatchObject({ status: 200, messages: [] });
  });

  test("an answer goes on waiting, and hears what has become of its version", async () => {
    world.hooks.decide(() => ({ reason: "Building", versionServing: "older" }));
    const answer = put("waiting");
    const isDeployed = async () => (await world.client.list(WorkerDeployment)).items[0]?.spec.deployments?.length;
    await expect.poll(isDeployed, soon).toBe(1);
    await world.outage(async () => undefined);
    world.hooks.decide(() => undefined);
    expect(await answer).toMatchObject({ status: 200, messages: [] });
  });
});

test("a trial that never gets its turn is told to come again", () => {
  expect(asApiError(new WorkerdFailure("busy", "not tried"))).toMatchObject({
    status: 503,
    code: 12019,
    retryAfter: 10,
  });
});
