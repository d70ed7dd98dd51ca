/** The command on a cluster: a Kubernetes API that it reaches by a kubeconfig only. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigMap, Deployment, Ingress, Namespace, Secret } from "../api/builtin.ts";
import { namespaceLabel } from "../api/workers/fields.ts";
import { hashToken } from "../api/workers/token.ts";
import { WorkerAccount } from "../api/workers/worker-account.ts";
import { platformNamespace, sweepReportName } from "./installation.ts";
import { octoplane, startCluster, type TestCluster, temporaryFolder } from "./test-command.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createNamespace(platformNamespace);
  await installWorkersApi();
});
afterAll(() => cluster.close());

/** Its Deployment, with no pods, and the settings that it mounts. */
async function installWorkersApi() {
  const settings = "domain: localhost\nurlScheme: http\nurlPort: 8085\n";
  const configMap = { name: "octoplane-settings-9kt6k8ghg7" };
  await cluster.client.create(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: platformNamespace, ...configMap },
    data: { "settings.yaml": settings },
  });
  await cluster.client.create(Deployment, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: platformNamespace, name: "octoplane-workers-api" },
    spec: {
      selector: { matchLabels: { app: "api" } },
      template: {
        metadata: { labels: { app: "api" } },
        spec: { containers: [{ name: "api", image: "api" }], volumes: [{ name: "settings", configMap }] },
      },
    },
  });
}

function createNamespace(name: string) {
  return cluster.client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

/** Named, since the tester's own checkout may have an embedded platform. */
function onCluster(...args: string[]) {
  return octoplane([...args, "--kubeconfig", cluster.kubeconfig]);
}

const api = ["--api-url", "https://api.example.com"];

async function createAccount(name: string, ...args: string[]) {
  const { stdout, stderr } = await onCluster("account", "create", name, ...api, "-o", "json", ...args);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as { id: string; token: string; tokenName: string; namespace: string; apiBaseUrl: string };
}

test("an account is created in the context's namespace, with a token whose hash is stored", async () => {
  const { id, token, tokenName, namespace, apiBaseUrl } = await createAccount("acme");
  expect([namespace, apiBaseUrl]).toEqual(["team-a", "https://api.example.com/client/v4"]);
  expect(await cluster.client.get(WorkerAccount, { namespace, name: id })).toMatchObject({
    spec: { subdomain: "acme", displayName: "acme" },
  });
  const secret = await cluster.client.get(Secret, { namespace, name: `worker-tokens-${id}` });
  expect(Buffer.from(secret?.data?.[tokenName] ?? "", "base64").toString()).toBe(hashToken(token));
});

test("settings are printed as a .env file, and standard error says which cluster it was", async () => {
  const { stdout, stderr } = await onCluster("account", "create", "environment", ...api);
  expect(stdout.replaceAll(/(octo_|\b)[\w-]{32,}/g, "*").replace(/token-\w+/, "token-*")).toBe(
    [
      "# account environment (*) in namespace team-a; this token is called token-*",
      "CLOUDFLARE_API_BASE_URL=https://api.example.com/client/v4",
      "CLOUDFLARE_API_TOKEN=*",
      "CLOUDFLARE_ACCOUNT_ID=*",
      "",
    ].join("\n"),
  );
  expect(stderr).toMatch(/^platform: cluster of context test, http:.* \(from --kubeconfig\)$/m);
});

describe("a namespace that may hold no accounts", () => {
  test("is refused with the command that allows it", async () => {
    await createNamespace("closed");
    const { code, stderr } = await onCluster("account", "create", "a", ...api, "--namespace", "closed");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        `kubectl --kubeconfig ${cluster.kubeconfig} label namespace closed ${namespaceLabel}=enabled`,
      ),
    ]);
  });

  test("that is not there is refused with the commands that make it", async () => {
    const { code, stderr } = await onCluster("account", "create", "a", ...api, "-n", "none");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/kubectl .* create namespace none && kubectl .* label/)]);
  });
});

describe("the URL of the API", () => {
  const ingress = (host: string | undefined): Ingress => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { namespace: platformNamespace, name: "api" },
    spec: {
      rules: [{ ...(host && { host }), http: { paths: [{ path: "/client/v4", pathType: "Prefix", backend }] } }],
    },
  });
  const backend = { service: { name: "octoplane-api", port: { name: "http" } } };

  test("must be said where no Ingress tells it, and nothing is created without it", async () => {
    const { code, stderr } = await onCluster("account", "create", "homeless");
    expect([code, stderr]).toEqual([1, expect.stringContaining("--api-url URL")]);
    expect((await onCluster("account", "list", "-o", "json")).stdout).not.toContain("homeless");
  });

  test("comes from the Ingress and the settings", async () => {
    const { client } = cluster;
    const { id } = await createAccount("finder");
    const found = async () => JSON.parse((await onCluster("account", "token", id, "-o", "json")).stdout).apiBaseUrl;
    await client.create(Ingress, ingress("api.example.org"));
    expect(await found()).toBe("http://api.example.org:8085/client/v4");
    await client.replace(Ingress, ingress(undefined));
    expect(await found()).toBe("http://127.0.0.1:8085/client/v4");
    await client.delete(Ingress, ingress(undefined).metadata);
  });

  test.each(["example.com", "ftp://example.com"])("%s is no URL of an API", async (url) => {
    const { code, stderr } = await onCluster("account", "create", "a", "--api-url", url);
    expect([code, stderr]).toEqual([1, expect.stringContaining("begins with http")]);
  });
});

describe("tokens", () => {
  async function valid(id: string): Promise<string[]> {
    const { items } = await cluster.client.list(Secret, { namespace: "team-a", labelSelector: `accounts=${id}` });
    return items.flatMap(({ data }) => Object.keys(data ?? {})).sort();
  }

  test("are revoked one by one, by name or by themselves, or all at once", async () => {
    const { id, token, tokenName } = await createAccount("revoked");
    const more = async () => JSON.parse((await onCluster("account", "token", id, ...api, "-o", "json")).stdout);
    const [second, third] = [await more(), await more()];
    expect(await valid(id)).toEqual([tokenName, second.tokenName, third.tokenName].sort());

    expect(await onCluster("account", "revoke", "revoked", "--token", token)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(tokenName),
    });
    expect(await valid(id)).toEqual([second.tokenName, third.tokenName].sort());
    await onCluster("account", "revoke", "revoked", "--token", second.tokenName);
    expect(await valid(id)).toEqual([third.tokenName]);

    const { code, stderr } = await onCluster("account", "revoke", "revoked", "--token", "nonsense");
    expect([code, stderr]).toEqual([1, expect.stringContaining(`it has: ${third.tokenName}`)]);
    expect(await onCluster("account", "revoke", "revoked")).toMatchObject({ code: 0 });
    expect(await valid(id)).toEqual([]);
  });
});

describe("an account", () => {
  test("is deleted only by who says so", async () => {
    const { id } = await createAccount("doomed");
    const refused = await onCluster("account", "delete", "doomed");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--yes")]);
    const isThere = () => cluster.client.get(WorkerAccount, { namespace: "team-a", name: id });
    expect(await isThere()).toBeDefined();
    expect(await onCluster("account", "delete", "doomed", "--yes")).toMatchObject({ code: 0 });
    expect(await isThere()).toBeUndefined();
  });

  test("whose name is another's, too, has to be named by its id", async () => {
    const { id } = await createAccount("twin");
    await createAccount("other");
    const { items } = await cluster.client.list(WorkerAccount);
    const other = items.find(({ spec }) => spec.subdomain === "other");
    await cluster.client.mergePatch(WorkerAccount, other?.metadata ?? { name: "" }, { spec: { displayName: "twin" } });
    const { code, stderr } = await onCluster("account", "delete", "twin", "--yes");
    expect([code, stderr]).toEqual([1, expect.stringContaining("by its id")]);
    expect(await onCluster("account", "delete", id, "--yes")).toMatchObject({ code: 0 });
  });
});

test("status says which cluster it is, what its platform waits for, and what the sweeper left to people", async () => {
  await cluster.client.create(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: platformNamespace, name: sweepReportName },
    data: { "report.json": JSON.stringify({ purgeUnsupported: ["registry.example/a:1"] }) },
  });
  const { id } = await createAccount("watched");
  const { stdout } = await onCluster("status");
  expect(stdout).toMatch(/^platform +cluster of context test, http:.* \(from --kubeconfig\)$/m);
  expect(stdout).toContain(`account watched (${id}) in namespace team-a`);
  expect(stdout).toContain(`WorkerAccount team-a/${id}: NotSeen: no hook has looked at it yet`);
  expect(stdout).toContain(
    "Deployment octoplane-system/octoplane-workers-api: Unavailable: a part of the platform itself",
  );
  expect(stdout).toContain("PurgeUnsupported");
  expect(stdout).toContain("registry.example/a:1");
  const elsewhere = JSON.parse((await onCluster("status", "-n", "closed", "-o", "json")).stdout);
  expect(elsewhere).toMatchObject({ platform: { kind: "cluster", context: "test" }, accounts: [] });
});

describe("the kubeconfig", () => {
  test("may have other contexts than the current one", async () => {
    const { code, stdout } = await onCluster("status", "--context", "test");
    expect([code, stdout]).toEqual([0, expect.stringContaining("context test")]);
    const gone = await onCluster("status", "--context", "other");
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("127.0.0.1:1")]);
  });

  test.each([
    [["--context", "west"], 'for context "west"; it has: test, other'],
    [["--data-dir", "/tmp", "--context", "test"], "not both"],
  ])("%j is refused in a sentence", async (args, reason) => {
    const { code, stderr } = await onCluster("status", ...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(reason)]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("that is not there is refused in a sentence", async () => {
    const { code, stderr } = await octoplane(["status", "--kubeconfig", "/nowhere/kubeconfig"]);
    expect([code, stderr]).toEqual([
      1,
      "error: the kubeconfig /nowhere/kubeconfig cannot be read: /nowhere/kubeconfig does not exist\n",
    ]);
  });

  test("that is none is refused in a sentence", async () => {
    for (const content of ["", "a: [b", "hello"]) {
      writeFileSync(join(folder.path, "nonsense"), content);
      const { code, stderr } = await octoplane(["status", "--kubeconfig", join(folder.path, "nonsense")]);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: the kubeconfig .*nonsense .*\n$/)]);
    }
  });
});

test("a hint is typed as the command was", async () => {
  const environment = { OCTOPLANE_DATA_DIR: "/nowhere", OCTOPLANE_INVOCATION: "npm run octoplane --" };
  expect((await octoplane(["status"], environment)).stderr).toContain("npm run octoplane -- up");
  expect((await octoplane(["down", "--help"], environment)).stdout).toContain("Usage: npm run octoplane -- down");
});
