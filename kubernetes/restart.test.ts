/** Caches live through everything that an API server does: forget the past, restart, come back with another past. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ConfigMap } from "../api/builtin.ts";
import { type ApiServer, startApiServer } from "../local/apiserver/start.ts";
import { type Cache, cache } from "./cache.ts";
import { connect } from "./client.ts";

const token = "the-same-before-and-after";

/** An API server that can be away and come back on the same port, and a cache that follows it. */
async function restartable(dataFile: string) {
  let server: ApiServer = await startApiServer({ dataFile, token });
  const { url } = server;
  const client = connect({ url, token });
  const failures: unknown[] = [];
  const objects = cache(client, ConfigMap, { namespace: "default", onError: (error) => failures.push(error) });
  onTestFinished(async () => {
    objects.close();
    await server.close();
  });
  await objects.ready;
  return {
    client,
    objects,
    failures,
    stop: () => server.close(),
    async start(file = dataFile) {
      server = await startApiServer({ dataFile: file, token, port: Number(new URL(url).port) });
      await client.getRaw("/version"); // a read notices that the old connection is dead, and goes again
    },
  };
}

async function dataFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "octoplane-restart-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "data.sqlite");
}

function configMap(name: string): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default", name } };
}

function holds(objects: Cache<ConfigMap>, ...names: string[]): Promise<boolean> {
  return objects.waitFor(
    () =>
      objects
        .list()
        .map(({ metadata }) => metadata.name)
        .sort()
        .join() === names.join(),
  );
}

test("a restart: the new server has forgotten the changes, and the cache lists again", async () => {
  const { client, objects, stop, start } = await restartable(await dataFile());
  await client.create(ConfigMap, configMap("before"));
  await holds(objects, "before");
  await stop();
  await start();
  await client.create(ConfigMap, configMap("after"));
  expect(await holds(objects, "after", "before")).toBe(true);
});

test("a change that was made while nobody could watch is seen", async () => {
  const file = await dataFile();
  const { client, objects, stop, start } = await restartable(file);
  await client.create(ConfigMap, configMap("gone"));
  await holds(objects, "gone");
  await stop();
  const elsewhere = await startApiServer({ dataFile: file, token });
  await connect({ url: elsewhere.url, token }).delete(ConfigMap, configMap("gone").metadata);
  await elsewhere.close();
  await start();
  expect(await holds(objects)).toBe(true);
});

test("a restore: the server comes back with an older past, in which nothing happens for long", async () => {
  const { client, objects, failures, stop, start } = await restartable(await dataFile());
  for (const name of ["a", "b", "c"]) await client.create(ConfigMap, configMap(name));
  await holds(objects, "a", "b", "c");
  await stop();
  await expect.poll(() => failures.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(2);
  await start(await dataFile());
  expect(await holds(objects)).toBe(true);
});
