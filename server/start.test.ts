import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { newServerCertificate, type ServerCertificate } from "../services/certificates/server-certificate.ts";
import { settings } from "../test/objects/workers.ts";
import { createLog } from "./log.ts";
import { type HookServer, startHookServer } from "./start.ts";

const host = "octoplane-hooks.octoplane-system";
const soon = { timeout: 10_000, interval: 5 };
let one: ServerCertificate;
let two: ServerCertificate;
let folder: string;

beforeAll(async () => {
  [one, two] = await Promise.all([newServerCertificate([host], new Date()), newServerCertificate([host], new Date())]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "octoplane-hooks-"));
  onTestFinished(() => rm(folder, { recursive: true }));
});

let generation = 0;

/** As the kubelet does it: a folder with a name of its own, and one step that makes it the current one. */
async function mount(files: Record<string, string>): Promise<void> {
  generation += 1;
  const data = await mkdtemp(join(folder, "..data-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(data, name), text);
  await symlink(data, join(folder, `new-${generation}`));
  await rename(join(folder, `new-${generation}`), join(folder, "current"));
}

const filesOf = ({ certificate, key }: ServerCertificate, token: string) => ({
  "tls.crt": certificate,
  "tls.key": key,
  token,
});

function start(): Promise<HookServer> {
  return startHookServer({
    settings,
    adminPort: 0,
    tlsDir: join(folder, "current"),
    tokenFile: join(folder, "current", "token"),
    credentialsIntervalMs: 10,
    log: createLog("hooks", "silent"),
  });
}

/** A call over a new connection: its status and the certificate that was shown. */
function call(url: string, token: string): Promise<{ status: number; shown: string }> {
  const options = { method: "POST", rejectUnauthorized: false, agent: new Agent() };
  const headers = { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/hooks/jobbuilder/sync`, { ...options, headers }, (answer) => {
      const shown = (answer.socket as TLSSocket).getPeerX509Certificate()?.toString() ?? "";
      answer.resume().on("end", () => resolve({ status: answer.statusCode ?? 0, shown }));
    });
    sent.on("error", reject).end("{}");
  });
}

test("a changed certificate and a changed token count from then on", async () => {
  await mount(filesOf(one, "old"));
  const { url, close } = await start();
  onTestFinished(close);
  expect(await call(url, "old")).toEqual({ status: 400, shown: one.certificate });

  await mount(filesOf(two, "new"));
  await vi.waitUntil(async () => (await call(url, "new")).status === 400, soon);
  expect(await call(url, "old")).toEqual({ status: 401, shown: two.certificate });
});

test("files that do not fit each other change nothing", async () => {
  await mount(filesOf(one, "old"));
  const { url, close } = await start();
  onTestFinished(close);
  await mount({ ...filesOf(one, "new"), "tls.key": two.key });
  await mount(filesOf(two, "newer"));
  await vi.waitUntil(async () => (await call(url, "newer")).status === 400, soon);
  expect((await call(url, "new")).status).toBe(401);
});

test("it is not ready, and does not listen, before both are there", async () => {
  await mount({ "tls.crt": one.certificate, "tls.key": one.key });
  const started = start();
  let isStarted = false;
  void started.then(() => {
    isStarted = true;
  });
  const complete = filesOf(one, "token");
  await mount({ ...complete, token: "\n" });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isStarted).toBe(false);

  await mount(complete);
  const { url, adminUrl, close } = await started;
  onTestFinished(close);
  expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  expect((await call(url, "token")).status).toBe(400);
});

test("without certificate and token it speaks plain HTTP and asks nobody", async () => {
  const { url, adminUrl, close } = await startHookServer({ settings, adminPort: 0, log: createLog("hooks", "silent") });
  onTestFinished(close);
  expect(url).toMatch(/^http:/);
  expect((await fetch(`${url}/hooks/jobbuilder/sync`, { method: "POST", body: "{}" })).status).toBe(400);
  expect(await (await fetch(`${adminUrl}/metrics`)).text()).toContain("octoplane_hook_requests_total");
});
