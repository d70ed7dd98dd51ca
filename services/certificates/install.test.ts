import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Namespace, Secret } from "../../api/builtin.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { createLog } from "../../server/log.ts";
import { startHookServer } from "../../server/start.ts";
import { settings } from "../../test/objects/workers.ts";
import { installSecrets } from "./install.ts";
import { newServerCertificate } from "./server-certificate.ts";

const namespace = "octoplane-system";
const service = "octoplane-hooks";
const host = `${service}.${namespace}`;
const now = new Date();
const log = createLog("hooks", "silent");

async function cluster(): Promise<KubernetesClient> {
  const api = await startApiServer({ dataFile: ":memory:" });
  onTestFinished(() => api.close());
  const client = connect({ url: api.url, token: api.token });
  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  return client;
}

function values({ data = {} }: Secret): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

async function read(client: KubernetesClient, name: string): Promise<Record<string, string>> {
  return values((await client.get(Secret, { namespace, name })) as Secret);
}

describe("the two Secrets", () => {
  test("are made once", async () => {
    const client = await cluster();
    expect(await installSecrets({ client, namespace, service, now })).toEqual([`${service}-tls`, `${service}-token`]);
    const tls = await read(client, `${service}-tls`);
    expect(Object.keys(tls).sort()).toEqual(["ca.crt", "tls.crt", "tls.key"]);

    expect(await installSecrets({ client, namespace, service, now })).toEqual([]);
    expect(await read(client, `${service}-tls`)).toEqual(tls);
  });

  test("one that was deleted is made anew, the other stays", async () => {
    const client = await cluster();
    await installSecrets({ client, namespace, service, now });
    const { token } = await read(client, `${service}-token`);
    await client.delete(Secret, { namespace, name: `${service}-tls` });
    expect(await installSecrets({ client, namespace, service, now })).toEqual([`${service}-tls`]);
    expect(await read(client, `${service}-token`)).toEqual({ token });
  });

  test("two that install at once end with one pair", async () => {
    const client = await cluster();
    const [one, two] = await Promise.all([1, 2].map(() => installSecrets({ client, namespace, service, now })));
    expect([...(one ?? []), ...(two ?? [])].sort()).toEqual([`${service}-tls`, `${service}-token`]);
  });
});

describe("the certificate", () => {
  let leaf: X509Certificate;
  let ca: X509Certificate;
  beforeAll(async () => {
    const made = await newServerCertificate([host, `${host}.svc`], now);
    leaf = new X509Certificate(made.certificate);
    ca = new X509Certificate(made.ca);
  });

  test("is for the names of the Service, by an authority that signs nothing else", () => {
    expect(leaf.subjectAltName).toBe(`DNS:${host}, DNS:${host}.svc`);
    expect([leaf.ca, ca.ca]).toEqual([false, true]);
    expect([leaf.verify(ca.publicKey), leaf.checkIssued(ca)]).toEqual([true, true]);
  });

  test("holds for years, and already on a node whose clock is late", () => {
    expect(leaf.validFromDate.getTime()).toBeLessThan(now.getTime() - 60_000);
    expect(leaf.validToDate.getUTCFullYear()).toBe(now.getUTCFullYear() + 10);
  });
});

/** What Metacontroller does: checks the host by `ca`, and shows the token. */
function call(url: string, ca: string, token: string, servername = host): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/hooks/jobbuilder/sync`, { method: "POST", headers, ca, servername }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    });
    sent.on("error", reject).end("{}");
  });
}

test("a hook server with both Secrets mounted answers who trusts the one and knows the other", async () => {
  const client = await cluster();
  await installSecrets({ client, namespace, service, now });
  const tls = await read(client, `${service}-tls`);
  const { token = "" } = await read(client, `${service}-token`);
  const folder = await mkdtemp(join(tmpdir(), "octoplane-certificates-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ ...tls, token })) await writeFile(join(folder, name), text);

  const server = await startHookServer({ settings, tlsDir: folder, tokenFile: join(folder, "token"), log });
  onTestFinished(() => server.close());
  const ca = tls["ca.crt"] ?? "";
  expect(await call(server.url, ca, token)).toBe(400); // let in: it is only no request of Metacontroller's
  expect(await call(server.url, ca, "another")).toBe(401);
  await expect(call(server.url, ca, token, "octoplane-hooks.elsewhere")).rejects.toMatchObject({
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
  const stranger = await newServerCertificate([host], now);
  await expect(call(server.url, stranger.ca, token)).rejects.toThrow(/certificate|signature/);
});
