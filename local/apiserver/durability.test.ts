import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./store.ts";
import { eventually, startTestApi } from "./test-server.ts";

/** Creates ConfigMaps as fast as it can and prints the name of each that was acknowledged. */
const writer = `
  import { startApiServer } from ${JSON.stringify(new URL("start.ts", import.meta.url).href)};
  const { url, token } = await startApiServer({ dataFile: process.argv[1] });
  const headers = { authorization: "Bearer " + token, "content-type": "application/json" };
  for (let number = 0; ; number++) {
    const body = JSON.stringify({ metadata: { name: "a-" + number }, data: { number: String(number) } });
    const answer = await fetch(url + "/api/v1/namespaces/default/configmaps", { method: "POST", headers, body });
    if (answer.status === 201) console.log((await answer.json()).metadata.resourceVersion);
  }
`;

test("kill -9 loses nothing that was acknowledged", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const dataFile = join(folder, "data.sqlite");
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "-e", writer, dataFile];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    acknowledged.push(line);
    if (acknowledged.length === 100) child.kill("SIGKILL");
  });
  await once(child, "close");
  expect(child.signalCode).toBe("SIGKILL");

  const api = await startTestApi(dataFile);
  const { items, metadata } = await api.get("/api/v1/configmaps");
  const stored = new Set(items.map((item: { metadata: { resourceVersion: string } }) => item.metadata.resourceVersion));
  expect(acknowledged.filter((version) => !stored.has(version))).toEqual([]);
  expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(acknowledged.at(-1)));
});

test("what a stop interrupted goes on at the next start", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const dataFile = join(folder, "data.sqlite");
  const store = openStore(dataFile);
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "gone" }];
  const metadata = { name: "a", namespace: "default", uid: "1", ownerReferences };
  const key = { resource: "configmaps", namespace: "default", name: "a" };
  store.put(key, { apiVersion: "v1", kind: "ConfigMap", metadata });
  store.close();

  const api = await startTestApi(dataFile);
  await eventually(async () => (await api.get("/api/v1/configmaps")).items.length === 0);
});
