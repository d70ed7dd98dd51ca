/** Two accounts in two namespaces: what keeps them apart, tried with everything that one of them may do. */

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NetworkPolicy, Pod, Secret, Service } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { Condition } from "../../api/status.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import { hashToken, newToken, tokenLabel } from "../../api/workers/token.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { addToken } from "../../cli/tokens.ts";
import { cache } from "../../kubernetes/cache.ts";
import { startWorld, type World } from "../e2e/harness/world.ts";
import { waitFor } from "./harness/wait.ts";
import { kubectl } from "./kubectl.ts";

let one: World;
let other: World;
/** Every pod that `one` ever had, builds included. */
const pods = new Map<string, Pod>();
let seen: { close(): void };

beforeAll(async () => {
  [one, other] = await Promise.all([startWorld(), startWorld()]);
  const watched = cache(one.client, Pod, { namespace: one.namespace });
  watched.onChange((_, pod) => pods.set(pod.metadata.name, pod));
  seen = watched;
  await Promise.all([deploy(one, "of one"), deploy(other, "of the other")]);
  await kubectl(["create", "serviceaccount", "tenant", "-n", one.namespace]);
  const subject = `--serviceaccount=${one.namespace}:tenant`;
  await kubectl(["create", "rolebinding", "tenant", "-n", one.namespace, "--clusterrole=octoplane-tenant", subject]);
});
afterAll(async () => {
  seen.close();
  await Promise.all([one.close(), other.close()]);
});

async function deploy(world: World, text: string): Promise<void> {
  const project = world.project({
    "wrangler.jsonc": JSON.stringify({ name: "shop", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response("${text}"); } };`,
  });
  expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });
}

test("scripts of the same name are two", async () => {
  expect(await one.ask("shop")).toMatchObject({ status: 200, text: "of one" });
  expect(await other.ask("shop")).toMatchObject({ status: 200, text: "of the other" });
});

interface Envelope {
  success: boolean;
  errors: { code: number }[];
  result: unknown;
}

async function call(token: string, path: string, method = "GET") {
  const response = await fetch(`${one.apiBaseUrl}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, ...((await response.json()) as Envelope) };
}

const refused = { status: 403, success: false, errors: [{ code: 10000 }] };

describe("API tokens", () => {
  test.each([
    ["GET", ""],
    ["GET", "/workers/scripts"],
    ["GET", "/workers/services/shop"],
    ["GET", "/workers/scripts/shop/versions"],
    ["GET", "/workers/scripts/shop/deployments"],
    ["GET", "/workers/scripts/shop/secrets"],
    ["PUT", "/workers/scripts/shop"],
    ["PUT", "/workers/scripts/shop/secrets"],
    ["POST", "/workers/scripts/shop/versions"],
    ["POST", "/workers/scripts/shop/deployments"],
    ["DELETE", "/workers/services/shop"],
  ])("one's is no good for the other's %s %s", async (method, path) => {
    expect(await call(one.account.token, `/accounts/${other.account.id}${path}`, method)).toMatchObject(refused);
    expect(await other.ask("shop")).toMatchObject({ status: 200, text: "of the other" });
  });

  test("one's shows one's account only", async () => {
    expect((await call(one.account.token, "/accounts")).result).toMatchObject([{ id: one.account.id }]);
    expect((await call(one.account.token, "/memberships")).result).toMatchObject([{ account: { id: one.account.id } }]);
  });

  test("a Secret in one's namespace makes no token for the other's account", async () => {
    const { client, namespace } = one;
    const token = newToken();
    const hash = Buffer.from(hashToken(token)).toString("base64");
    const labels = { [accountLabel]: other.account.id, [tokenLabel]: "true" };
    const metadata = { name: "forged", namespace, labels };
    await client.create(Secret, { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: { forged: hash } });
    // Once a token that is made later is known, the forged one is known, too.
    const account = await client.get(WorkerAccount, { namespace, name: one.account.id });
    const { token: later } = await addToken(client, account as WorkerAccount);
    await expect.poll(() => call(later, "/accounts"), { timeout: 30_000 }).toMatchObject({ status: 200 });
    expect(await call(token, `/accounts/${other.account.id}/workers/scripts`)).toMatchObject(refused);
  });
});

describe("RBAC: a ServiceAccount with the role octoplane-tenant", () => {
  async function can(verb: string, what: string, { namespace }: World): Promise<boolean> {
    const [resource = "", subresource = ""] = what.split("/");
    const question = ["auth", "can-i", verb, resource, `--subresource=${subresource}`, "-n", namespace];
    const answer = await kubectl([...question, `--as=system:serviceaccount:${one.namespace}:tenant`]).catch(
      (error: Error) => error.message,
    );
    expect(answer).toMatch(/^(yes|no)$/m);
    return /^yes$/m.test(answer);
  }

  test.each([
    ["create", "workerdeployments"],
    ["patch", "workerdeployments"],
    ["delete", "workerdeployments"],
    ["list", "workeraccounts"],
    ["list", "workerversions"],
    ["list", "jobbuilders"],
    ["create", "secrets"],
  ])("may %s %s at home, and not elsewhere", async (verb, resource) => {
    expect(await can(verb, resource, one)).toBe(true);
    expect(await can(verb, resource, other)).toBe(false);
  });

  test.each([
    ["create", "workeraccounts"],
    ["patch", "workeraccounts"],
    ["patch", "workeraccounts/status"],
    ["patch", "workerdeployments/status"],
    ["create", "workerversions"],
    ["delete", "workerversions"],
    ["create", "workerreleases"],
    ["create", "jobbuilders"],
    ["patch", "jobbuilders"],
    ["create", "workerbundles"],
    ["patch", "workerbundles"],
    ["create", "workersubdomains"],
    ["delete", "workersubdomains"],
    ["get", "secrets"],
    ["list", "secrets"],
    ["patch", "secrets"],
    ["create", "pods"],
    ["create", "pods/exec"],
    ["create", "jobs.batch"],
    ["patch", "deployments.apps"],
    ["create", "ingresses.networking.k8s.io"],
    ["create", "serviceaccounts/token"],
    ["create", "rolebindings.rbac.authorization.k8s.io"],
    ["patch", "namespaces"],
  ])("may not %s %s", async (verb, resource) => {
    expect(await can(verb, resource, one)).toBe(false);
  });
});

describe("pods", () => {
  test("builds and workers carry no token of a service account", () => {
    const all = [...pods.values()];
    expect(all.map(({ spec }) => spec?.containers[0]?.name).sort()).toEqual(["builder", "workerd"]);
    for (const { spec } of all) {
      expect(spec?.automountServiceAccountToken).toBe(false);
      expect(spec?.volumes?.filter(({ projected }) => projected) ?? []).toEqual([]);
    }
  });

  test("workers are given no credentials of the installation", () => {
    const workers = [...pods.values()].filter(({ spec }) => spec?.containers[0]?.name === "workerd");
    expect(workers.flatMap(({ spec }) => spec?.volumes ?? [])).toEqual([]);
  });

  test.each(["octoplane-system", "metacontroller", "an account's namespace"])("%s is restricted", async (name) => {
    const namespace = name.startsWith("an ") ? one.namespace : name;
    const label = "pod-security.kubernetes.io/enforce=restricted";
    // What would not pass is a warning.
    const check = ["label", "namespace", namespace, label, "--overwrite", "--dry-run=server", "--warnings-as-errors"];
    await expect(kubectl(check)).resolves.toContain(namespace);
  });
});

type Labels = Record<string, string>;

function matches(labels: Labels | undefined, selector: Labels | undefined): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value);
}

describe("network objects (the network of this cluster stores policies and enforces none of them)", () => {
  async function workersOf({ list }: World): Promise<Pod[]> {
    return (await list(Pod)).filter(({ spec }) => spec?.containers[0]?.name === "workerd");
  }

  test("the Service of an account leads to its workers only", async () => {
    for (const world of [one, other]) {
      const [service, ...more] = await world.list(Service);
      expect(more).toEqual([]);
      const reached = (await world.list(Pod)).filter(({ metadata }) =>
        matches(metadata.labels, service?.spec?.selector),
      );
      expect(reached.map(nameOf)).toEqual((await workersOf(world)).map(nameOf));
    }
  });

  test("its NetworkPolicy holds for its workers, and lets nobody in but the router", async () => {
    for (const world of [one, other]) {
      const workers = await workersOf(world);
      const [policy] = (await world.list(NetworkPolicy)).filter(({ spec }) =>
        workers.every(({ metadata }) => matches(metadata.labels, spec?.podSelector?.matchLabels)),
      );
      expect(policy?.spec?.policyTypes).toEqual(["Ingress", "Egress"]);
      const from = policy?.spec?.ingress?.flatMap((rule) => rule.from ?? [{}]);
      const system = { matchLabels: { "kubernetes.io/metadata.name": "octoplane-system" } };
      expect(from).toContainEqual({ namespaceSelector: system });
      expect(from?.filter(({ namespaceSelector, ipBlock }) => !namespaceSelector && !ipBlock)).toEqual([]);
      const out = policy?.spec?.egress?.flatMap(({ to }) => to ?? [{}]);
      const internet = out?.find(({ ipBlock }) => ipBlock?.cidr === "0.0.0.0/0");
      expect(internet?.ipBlock?.except).toEqual(expect.arrayContaining(["10.0.0.0/8", "169.254.0.0/16"]));
      expect(out?.filter((peer) => Object.keys(peer).length === 0)).toEqual([]);
    }
  });
});

function nameOf({ metadata }: KubernetesObject): string {
  return metadata.name;
}

type Judged = KubernetesObject & { status?: { conditions?: Condition[] } };

/** Resolves with the first reason and message of Ready that say no. */
async function refusalOf({ client }: World, resource: Resource<Judged>, key: { namespace: string; name: string }) {
  const objects = cache(client, resource, { namespace: key.namespace });
  const ready = () =>
    objects.get(key.namespace, key.name)?.status?.conditions?.find(({ type, status }) => {
      return type === "Ready" && status === "False";
    });
  try {
    return await objects.waitFor(ready, { timeoutMs: 60_000, what: `a refusal of ${key.name}` });
  } finally {
    objects.close();
  }
}

describe("code of the other", () => {
  const template = { scriptName: "thief", compatibilityDate: "2026-01-01" };

  /** As the tenant: with kubectl and no more rights than the role gives. */
  async function applyAsTenant(name: string, spec: object): Promise<void> {
    const metadata = { name, namespace: one.namespace, labels: { [accountLabel]: one.account.id } };
    const object = { apiVersion: "api.cf-worker/v1", kind: "WorkerDeployment", metadata, spec };
    await kubectl(["create", "-f", "-", `--as=system:serviceaccount:${one.namespace}:tenant`], JSON.stringify(object));
  }

  test.each([
    ["a key", (id: string) => `accounts/${id}/shop/index.js`],
    ["a URL", (id: string) => `s3://octoplane/accounts/${id}/shop/index.js`],
    ["a way out of one's own folder", (id: string) => `accounts/${one.account.id}/../${id}/shop/index.js`],
    ["an address in the cluster", () => "http://octoplane-workers-api.octoplane-system/index.js"],
  ])("cannot be named by %s", async (_, urlFor) => {
    const name = `thief-${randomBytes(4).toString("hex")}`;
    await applyAsTenant(name, { template: { ...template, scriptsUrls: [urlFor(other.account.id)] } });
    const refusal = await refusalOf(one, WorkerDeployment, { namespace: one.namespace, name });
    expect(refusal).toMatchObject({ reason: "ForeignUrl", message: expect.stringContaining(one.account.id) });
    expect((await one.list(WorkerVersion)).filter(({ spec }) => spec.scripts === "thief")).toEqual([]);
    await one.client.delete(WorkerDeployment, { namespace: one.namespace, name });
  });

  test("cannot be had by a version of theirs, even by somebody who may write versions", async () => {
    const { client, namespace } = one;
    const [version] = await other.list(WorkerVersion);
    const script = await client.create(WorkerDeployment, {
      apiVersion: "api.cf-worker/v1",
      kind: "WorkerDeployment",
      metadata: { name: "thief", namespace, labels: { [accountLabel]: one.account.id } },
      spec: { scriptName: "thief" },
    });
    const { uid = "" } = script.metadata;
    const { apiVersion, kind } = script;
    const owner = { apiVersion, kind, name: "thief", uid, controller: true, blockOwnerDeletion: true };
    const stolen = { accounts: one.account.id, scripts: "thief", url: version?.spec.url ?? "" };
    await client.create(WorkerVersion, {
      apiVersion,
      kind: "WorkerVersion",
      metadata: { name: "stolen", namespace, labels: { "controller-uid": uid }, ownerReferences: [owner] },
      spec: stolen,
    });
    const createdOn = "2026-01-01T00:00:00.000Z";
    const deployments = [{ id: "1", createdOn, versions: [{ name: "stolen", percentage: 100 }] }];
    await client.mergePatch(WorkerDeployment, script.metadata, { spec: { deployments } } as never);
    const key = { namespace, name: "thief" };
    await expect
      .poll(async () => (await refusalOf(one, WorkerDeployment, key)).reason, { timeout: 30_000 })
      .toBe("ForeignVersion");
    await client.delete(WorkerDeployment, key);
  });

  test("cannot be reached by a label of theirs", async () => {
    const { client, namespace } = one;
    const metadata = { name: "guest", namespace, labels: { [accountLabel]: other.account.id } };
    const scriptsUrls = [`accounts/${other.account.id}/guest/index.js`];
    const spec = { template: { scriptName: "guest", compatibilityDate: "2026-01-01", scriptsUrls } };
    await client.create(WorkerDeployment, { apiVersion: "api.cf-worker/v1", kind: "WorkerDeployment", metadata, spec });
    // The other's account is asked for something that it does answer to, so that it has looked at its scripts since.
    await deploy(other, "of the other, again");
    const [account] = await other.list(WorkerAccount);
    expect(account?.status?.scripts?.map(({ name }) => name)).toEqual(["shop"]);
    await client.delete(WorkerDeployment, metadata);
  });
});

test.each([
  ["with the keys of S3", () => "s3-credentials"],
  ["with the password of the registry", () => "docker-hub"],
  ["with the tokens of its account", () => `worker-tokens-${one.account.id}`],
])("a script is not given the Secret %s", async (_, secret) => {
  const { client, namespace, account } = one;
  const secretRef = secret();
  const key = { namespace, name: `curious-${randomBytes(4).toString("hex")}` };
  const scriptsUrls = [`accounts/${account.id}/curious/index.js`];
  const template = { scriptName: "curious", compatibilityDate: "2026-01-01", scriptsUrls, secretRef };
  await client.create(WorkerDeployment, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerDeployment",
    metadata: { ...key, labels: { [accountLabel]: account.id } },
    spec: { template: { ...template, secretNames: ["credentials"] } },
  });
  expect(await refusalOf(one, WorkerDeployment, key)).toMatchObject({
    reason: "SecretReserved",
    message: expect.stringContaining(secretRef),
  });
  expect((await client.get(WorkerDeployment, key))?.status?.serving).toBeUndefined();
  await client.delete(WorkerDeployment, key);
});

describe("a younger account", () => {
  function account(name: string, subdomain: string, namespace: string): WorkerAccount {
    return {
      apiVersion: "api.cf-worker/v1",
      kind: "WorkerAccount",
      metadata: { name, namespace },
      spec: {
        workerBundleName: "younger",
        workerReleaseSelector: { matchLabels: { [accountLabel]: name } },
        podTemplate: { imagePullSecret: "" },
        subdomain,
      },
    };
  }

  test("with the same subdomain waits, and gets it when the older is gone", async ({ onTestFinished }) => {
    const accounts = cache(one.client, WorkerAccount);
    onTestFinished(() => accounts.close());
    const subdomain = `shared-${one.namespace}`;
    const older = { namespace: one.namespace, name: randomBytes(16).toString("hex") };
    const younger = { namespace: other.namespace, name: randomBytes(16).toString("hex") };
    const becomes = (reason: string, { namespace, name }: typeof older) => {
      const ready = () => accounts.get(namespace, name)?.status?.conditions?.find(({ type }) => type === "Ready");
      return accounts.waitFor(() => ready()?.reason === reason, { timeoutMs: 60_000, what: `${reason} of ${name}` });
    };

    await one.client.create(WorkerAccount, account(older.name, subdomain, older.namespace));
    await becomes("NoWorkers", older);
    // Claims know whole seconds; those of one second are ordered by name.
    const claim = await one.client.get(WorkerSubdomain, older);
    await waitFor(() => Date.now() >= Date.parse(claim?.spec.since ?? "") + 1000, { what: "the next second" });
    await one.client.create(WorkerAccount, account(younger.name, subdomain, younger.namespace));
    await becomes("Conflict", younger);
    await becomes("NoWorkers", older);
    await one.client.delete(WorkerAccount, older);
    await becomes("NoWorkers", younger);
    await one.client.delete(WorkerAccount, younger);
  });

  test("with the same id is refused, and its tokens are", async () => {
    const { client, namespace } = one;
    const key = { namespace, name: other.account.id };
    const younger = await client.create(WorkerAccount, account(key.name, "younger", namespace));
    expect(await refusalOf(one, WorkerAccount, key)).toMatchObject({
      reason: "Conflict",
      message: expect.stringContaining(`id ${other.account.id} belongs to WorkerAccount ${other.namespace}/`),
    });
    const { token } = await addToken(client, younger);
    const own = await client.get(WorkerAccount, { namespace, name: one.account.id });
    const { token: later } = await addToken(client, own as WorkerAccount);
    await expect.poll(() => call(later, "/accounts"), { timeout: 30_000 }).toMatchObject({ status: 200 });
    expect(await call(token, `/accounts/${other.account.id}/workers/scripts`)).toMatchObject(refused);
    expect(await other.ask("shop")).toMatchObject({ status: 200 });
    expect((await call(other.account.token, `/accounts/${other.account.id}/workers/scripts`)).status).toBe(200);
    await client.delete(WorkerAccount, key);
  });
});
