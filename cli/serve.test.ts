/** `octoplane up` on a data folder of its own, twice. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { BuildbarnStorage } from "../api/buildbarn/buildbarn-storage.ts";
import { Namespace } from "../api/builtin.ts";
import type { KubernetesObject, Resource } from "../api/resource.ts";
import { WorkerAccount } from "../api/workers/worker-account.ts";
import { WorkerDeployment } from "../api/workers/worker-deployment.ts";
import { farmKinds } from "../hooks/buildbarn/kinds.ts";
import { connect } from "../kubernetes/client.ts";
import { openFolder } from "../local/platform/folder.ts";
import { readRecord } from "../local/platform/record.ts";
import { type ServeOptions, serve } from "./serve.ts";
import { capture, octoplane, temporaryFolder } from "./test-command.ts";

const { path, remove } = temporaryFolder();
afterAll(remove);
const dataDir = join(path, "data");
const progress = { step: () => undefined, done: () => undefined };

/** Until everything is printed that it has to say. */
async function up(options: Omit<ServeOptions, "dataDir">) {
  const stop = new AbortController();
  const stdout = capture(process.stdout);
  onTestFinished(stdout.restore);
  const ended = serve({ dataDir, ...options }, stop.signal, progress);
  await Promise.race([
    ended,
    vi.waitFor(() => expect(stdout.text()).toContain("Ctrl-C"), { timeout: 50_000, interval: 20 }),
  ]);
  return {
    printed: stripVTControlCharacters(stdout.text()),
    async down() {
      stop.abort();
      await ended;
      stdout.restore();
    },
  };
}

function client() {
  const record = readRecord({ path: dataDir });
  return connect({ url: record?.kubernetesUrl, token: openFolder(dataDir).token });
}

test("what its user has deleted stays deleted, and a port that is taken moves for once", {
  timeout: 90_000,
}, async () => {
  const first = await up({ port: 0, example: true });
  const port = readRecord({ path: dataDir })?.ports.router;
  expect(first.printed).toContain(`hello answers at   http://hello.dev.localhost:${port}`);
  expect(first.printed).toContain(`scripts answer at  http://<script>.<account>.localhost:${port}`);
  const [script] = (await client().list(WorkerDeployment)).items;
  await client().delete(WorkerDeployment, script?.metadata ?? { name: "" });
  await vi.waitFor(async () => {
    const [account] = (await client().list(WorkerAccount)).items;
    expect(account?.status?.scripts ?? []).toEqual([]);
  });
  expect(await octoplane(["account", "revoke", "dev", "--data-dir", dataDir])).toMatchObject({
    stderr: expect.stringContaining("wrangler.env held a token that is no longer accepted"),
  });
  await first.down();

  const other = createServer().listen(port, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const second = await up({ example: true });
  expect(second.printed).toContain(`port ${port} is taken by another program: the router is on`);
  expect(second.printed).toContain("not deployed: it was deployed before and deleted since");
  expect(second.printed).toMatch(/wrangler settings +octoplane account token NAME/);
  await second.down();

  await new Promise((resolve) => other.close(resolve));
  const third = await up({});
  expect(third.printed).toContain(`.localhost:${port}`);
  expect(third.printed).not.toContain("is taken");
  await third.down();
});

test("a farm is applied as it says when it is up: pods wait with a reason, and the configuration can be read", {
  timeout: 90_000,
}, async () => {
  const { printed, down } = await up({ port: 0 });
  const [, example = ""] = /kubectl --kubeconfig \S+ apply -f (\S+)/.exec(printed) ?? [];
  const objects = parseAllDocuments(readFileSync(join(import.meta.dirname, "..", example), "utf8"));
  const kinds: readonly Resource[] = [...farmKinds, Namespace];
  for (const document of objects) {
    const object = document.toJSON() as KubernetesObject;
    await client().create(kinds.find(({ kind }) => kind === object.kind) as Resource, object);
  }
  await vi.waitFor(
    async () => {
      const { items } = await client().list(BuildbarnStorage);
      expect(items[0]?.status?.conditions?.[0]).toMatchObject({ reason: "PodNotRunnable" });
    },
    { timeout: 20_000, interval: 50 },
  );
  const { stdout } = await octoplane(["status", "--data-dir", dataDir]);
  expect(stdout).toMatch(/frontend +frontend +StorageNotReady/);
  const config = await octoplane(["buildbarn", "config", "frontend", "--data-dir", dataDir]);
  expect(config.stdout).toContain('"storage-1.storage.buildbarn:8981"');
  await down();
});
