import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { connect } from "./client.ts";

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)));

afterEach(() => vi.unstubAllEnvs());

/** An API server with the fixtures' authority that tells who called. */
async function secureServer(): Promise<number> {
  const server = createServer({ key: fixture("server.key"), cert: fixture("server.pem") }, (request, response) =>
    response.end(JSON.stringify(request.headers.authorization)),
  );
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** What a pod has: the folder as the kubelet writes it, with one link that is switched to change all files at once. */
function pod(port: number | string) {
  const folder = mkdtempSync(join(tmpdir(), "service-account-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  vi.stubEnv("KUBECONFIG", "");
  vi.stubEnv("HOME", folder);
  vi.stubEnv("KUBERNETES_SERVICE_HOST", "127.0.0.1");
  vi.stubEnv("KUBERNETES_SERVICE_PORT", String(port));
  let generation = 0;

  async function write(files: Record<string, string | Buffer>): Promise<void> {
    const next = `..${++generation}`;
    await mkdir(join(folder, next));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, next, name), content);
    symlinkSync(next, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    if (generation === 1) for (const name of Object.keys(files)) symlinkSync(`..data/${name}`, join(folder, name));
    else await rm(join(folder, `..${generation - 1}`), { recursive: true });
  }

  return { folder, write, client: connect({ serviceAccount: folder }) };
}

test("a pod uses its service account, and a token that was renewed from the next request on", async () => {
  const { write, client } = pod(await secureServer());
  await write({ token: "first", "ca.crt": fixture("ca.pem") });
  expect(await client.getRaw("/")).toBe("Bearer first");
  await write({ token: "second\n", "ca.crt": fixture("ca.pem") });
  expect(await client.getRaw("/")).toBe("Bearer second");
});

test("a pod follows the cluster to a new authority, and trusts no other", async () => {
  const { write, client } = pod(await secureServer());
  await write({ token: "t", "ca.crt": fixture("client.pem") });
  await expect(client.getRaw("/")).rejects.toMatchObject({ reason: "Unreachable" });
  await write({ token: "t", "ca.crt": fixture("ca.pem") });
  expect(await client.getRaw("/")).toBe("Bearer t");
});

test("a token that the kubelet has not mounted yet is looked for again", async () => {
  const { write, client } = pod(await secureServer());
  await expect(client.getRaw("/")).rejects.toThrow(/the pod has no service-account token: ENOENT/);
  await write({ token: "late", "ca.crt": fixture("ca.pem") });
  expect(await client.getRaw("/")).toBe("Bearer late");
});

test("a kubeconfig wins over the pod", async () => {
  const { folder, write, client } = pod(1);
  await write({ token: "pod", "ca.crt": fixture("ca.pem") });
  const cluster = {
    server: `https://127.0.0.1:${await secureServer()}`,
    "certificate-authority-data": fixture("ca.pem").toString("base64"),
  };
  const config = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user: { token: "kubeconfig" } }],
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(config));
  vi.stubEnv("KUBECONFIG", join(folder, "kubeconfig"));
  expect(await client.getRaw("/")).toBe("Bearer kubeconfig");
});

test("outside of a pod and without a kubeconfig, the error says what to do", async () => {
  const { client } = pod(1);
  vi.stubEnv("KUBERNETES_SERVICE_HOST", "");
  await expect(client.getRaw("/")).rejects.toThrow("no API server is known: set KUBECONFIG, or run in a pod");
});
