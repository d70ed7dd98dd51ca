import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startApiServer } from "./start.ts";
import { clientOf, configMap, configMaps, startTestApi } from "./test-server.ts";

test("reports changes after a list, in order, each with its resourceVersion", async () => {
  const api = await startTestApi();
  const { metadata } = await api.get(configMaps);
  const watch = await api.watch(`${configMaps}?watch=true&resourceVersion=${metadata.resourceVersion}`);
  const created = await api.create(configMaps, configMap("a"));
  const changed = await api.patch(`${configMaps}/a`, { data: { k: "v" } });
  await api.request("DELETE", `${configMaps}/a`);
  expect(await watch.next()).toEqual({ type: "ADDED", object: created });
  expect(await watch.next()).toEqual({ type: "MODIFIED", object: changed });
  const gone = await watch.next();
  expect(gone).toMatchObject({ type: "DELETED", object: { data: { k: "v" } } });
  expect(Number(gone.object.metadata.resourceVersion)).toBeGreaterThan(Number(changed.metadata.resourceVersion));
});

test.each(["", "&resourceVersion=0"])("begins with everything that exists when asked for %j", async (version) => {
  const api = await startTestApi();
  await api.create(configMaps, configMap("a"));
  const watch = await api.watch(`${configMaps}?watch=1${version}`);
  expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
  await api.create(configMaps, configMap("b"));
  expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "b" } } });
});

test("catches up with what happened since", async () => {
  const api = await startTestApi();
  const first = await api.create(configMaps, configMap("a"));
  await api.create(configMaps, configMap("b"));
  const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${first.metadata.resourceVersion}`);
  expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "b" } } });
});

test("a version that the history does not have is expired: before a restart, or not yet reached", async () => {
  const dataFile = join(mkdtempSync(join(tmpdir(), "octoplane-")), "data.sqlite");
  onTestFinished(() => rmSync(dirname(dataFile), { recursive: true }));
  const before = await startApiServer({ dataFile });
  const { metadata } = await clientOf(before).create(configMaps, configMap("a"));
  await clientOf(before).create(configMaps, configMap("b"));
  await before.close();

  const api = await startTestApi(dataFile);
  for (const version of [metadata.resourceVersion, Number(metadata.resourceVersion) + 100]) {
    const status = await api.refusal("GET", `${configMaps}?watch=1&resourceVersion=${version}`);
    expect(status).toMatchObject({ code: 410, reason: "Expired" });
  }
  const list = await api.get(configMaps);
  expect(list.items).toHaveLength(2);
  await api.watch(`${configMaps}?watch=1&resourceVersion=${list.metadata.resourceVersion}`);
});

test("an object that stops matching the selector is DELETED, one that begins to is ADDED", async () => {
  const api = await startTestApi();
  await api.create(configMaps, configMap("a"));
  const watch = await api.watch(`/api/v1/configmaps?watch=1&labelSelector=on`);
  await api.patch(`${configMaps}/a`, { metadata: { labels: { on: "1" } } });
  await api.patch(`${configMaps}/a`, { metadata: { labels: { on: "2" } } });
  await api.patch(`${configMaps}/a`, { metadata: { labels: { on: null } } });
  expect((await watch.next()).type).toBe("ADDED");
  expect((await watch.next()).type).toBe("MODIFIED");
  expect((await watch.next()).type).toBe("DELETED");
});

test("sees one namespace, or one object, where that was asked for", async () => {
  const api = await startTestApi();
  await api.create("/api/v1/namespaces", { metadata: { name: "other" } });
  const watch = await api.watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Db`);
  await api.create("/api/v1/namespaces/other/configmaps", configMap("b"));
  await api.create(configMaps, configMap("a"));
  await api.create(configMaps, configMap("b"));
  expect((await watch.next()).object.metadata).toMatchObject({ name: "b", namespace: "default" });
});

test("a write that changes nothing is no event", async () => {
  const api = await startTestApi();
  await api.create(configMaps, configMap("a"));
  const watch = await api.watch(`${configMaps}?watch=1`);
  await watch.next();
  await api.replace(`${configMaps}/a`, configMap("a"));
  await api.create(configMaps, configMap("b"));
  expect((await watch.next()).object.metadata.name).toBe("b");
});

test("ends after its time", async () => {
  const api = await startTestApi();
  const watch = await api.watch(`${configMaps}?watch=1&timeoutSeconds=1`);
  await watch.ended();
});

test("clients that want the list as a watch are told to list", async () => {
  const api = await startTestApi();
  const status = await api.refusal(
    "GET",
    `${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  );
  expect(status).toMatchObject({ code: 422, reason: "Invalid" });
});
