import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ConfigMap } from "../api/builtin.ts";
import { type Cache, cache } from "./cache.ts";
import { connect } from "./client.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function configMap(name: string, resourceVersion: string): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "demo", name, resourceVersion } };
}

/** An API server with one collection whose state, streams and failures the test decides. */
async function scripted(items: ConfigMap[], resourceVersion = "1") {
  const state = { items, resourceVersion, failures: 0, lists: 0, watches: [] as string[] };
  const streams: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    if (state.failures > 0) {
      state.failures -= 1;
      response.writeHead(500).end("out of order");
    } else if (url.searchParams.has("watch")) {
      state.watches.push(url.searchParams.get("resourceVersion") ?? "");
      response.writeHead(200).flushHeaders();
      streams.push(response);
    } else {
      state.lists += 1;
      response.end(JSON.stringify({ items: state.items, metadata: { resourceVersion: state.resourceVersion } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const send = (type: string, object: unknown) => streams.at(-1)?.write(`${JSON.stringify({ type, object })}\n`);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { state, send, url, end: () => streams.at(-1)?.end(), cut: () => streams.at(-1)?.destroy() };
}

interface Observation {
  objects: Cache<ConfigMap>;
  changes: string[];
  errors: unknown[];
}

function observe(url: string): Observation {
  const errors: unknown[] = [];
  const objects = cache(connect({ url }), ConfigMap, { onError: (error) => errors.push(error) });
  cleanups.push(objects.close);
  const changes: string[] = [];
  objects.onChange((type, { metadata }, old) => {
    changes.push(
      [type, metadata.name, metadata.resourceVersion, old?.metadata.resourceVersion].filter(Boolean).join(" "),
    );
  });
  return { objects, changes, errors };
}

const names = (objects: Cache<ConfigMap>) => objects.list().map(({ metadata }) => metadata.name);
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 5_000, interval: 2 }).toBe(true);

describe("a cache", () => {
  it("lists, then follows changes and hands out the old object", async () => {
    const api = await scripted([configMap("a", "1")]);
    const { objects, changes } = observe(api.url);
    await objects.ready;
    expect(names(objects)).toEqual(["a"]);
    await until(() => api.state.watches.length === 1);
    api.send("MODIFIED", configMap("a", "2"));
    api.send("ADDED", configMap("b", "3"));
    api.send("DELETED", configMap("a", "4"));
    await objects.waitFor(() => names(objects).join() === "b");
    expect(changes).toEqual(["ADDED a 1", "MODIFIED a 2 1", "ADDED b 3", "DELETED a 4"]);
    expect(objects.get("demo", "b")?.metadata.resourceVersion).toBe("3");
    expect(objects.list("other")).toEqual([]);
  });

  it("goes on from the last event when the stream ends, without listing again", async () => {
    const api = await scripted([]);
    const { objects } = observe(api.url);
    await until(() => api.state.watches.length === 1);
    api.send("ADDED", configMap("a", "5"));
    api.send("BOOKMARK", { metadata: { resourceVersion: "9" } });
    await objects.waitFor(() => names(objects).length === 1);
    api.end();
    await until(() => api.state.watches.length === 2);
    expect(api.state).toMatchObject({ watches: ["1", "9"], lists: 1 });
  });

  it("goes on when the connection breaks, and reports it", async () => {
    const api = await scripted([]);
    const { errors } = observe(api.url);
    await until(() => api.state.watches.length === 1);
    api.cut();
    await until(() => api.state.watches.length === 2);
    expect(api.state.lists).toBe(1);
    expect(errors).toHaveLength(1);
  });

  it("lists again when its place has expired, and tells the difference", async () => {
    const api = await scripted([configMap("gone", "1"), configMap("changed", "1"), configMap("same", "1")]);
    const { objects, changes, errors } = observe(api.url);
    await objects.ready;
    await until(() => api.state.watches.length === 1);
    api.state.items = [configMap("changed", "2"), configMap("same", "1"), configMap("new", "3")];
    api.state.resourceVersion = "9";
    api.send("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" });
    await until(() => api.state.watches.length === 2);
    expect(changes.slice(3)).toEqual(["DELETED gone 1", "MODIFIED changed 2 1", "ADDED new 3"]);
    expect(api.state.watches).toEqual(["1", "9"]);
    expect(errors).toEqual([]);
  });

  it("lists again when the server was away: one that was restored would keep silent about the place", async () => {
    const api = await scripted([configMap("lost", "7")], "7");
    const { changes } = observe(api.url);
    await until(() => api.state.watches.length === 1);
    Object.assign(api.state, { items: [configMap("restored", "2")], resourceVersion: "2", failures: 2 });
    api.cut();
    await until(() => api.state.watches.length === 2);
    expect(api.state).toMatchObject({ watches: ["7", "2"], lists: 2 });
    expect(changes.slice(1)).toEqual(["DELETED lost 7", "ADDED restored 2"]);
  });

  it("keeps trying until the server answers", async () => {
    const api = await scripted([configMap("a", "1")]);
    api.state.failures = 3;
    const { objects, errors } = observe(api.url);
    await objects.ready;
    expect(errors).toHaveLength(3);
  });

  it("survives a listener that throws", async () => {
    const api = await scripted([configMap("a", "1")]);
    const { objects, errors, changes } = observe(api.url);
    objects.onChange(() => {
      throw new Error("a bug");
    });
    await objects.ready;
    expect(changes).toEqual(["ADDED a 1"]);
    expect(errors).toEqual([new Error("a bug")]);
  });
});

describe("waiting", () => {
  it("resolves with what the predicate answers", async () => {
    const api = await scripted([configMap("a", "1")]);
    const { objects } = observe(api.url);
    expect(await objects.waitFor((all) => all.get("demo", "a")?.metadata.name)).toBe("a");
  });

  it("asks only when the whole of the first list is in", async () => {
    const api = await scripted([configMap("a", "1"), configMap("b", "1"), configMap("c", "1")]);
    const { objects } = observe(api.url);
    expect(await objects.waitFor((all) => all.list().length)).toBe(3);
  });

  it("ends with its time, its signal, the cache, or a predicate that throws", async () => {
    const api = await scripted([]);
    const { objects } = observe(api.url);
    await expect(objects.waitFor(() => false, { timeoutMs: 10, what: "a miracle" })).rejects.toThrow(
      "waited 10 ms for a miracle",
    );
    await expect(objects.waitFor(() => false, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    await expect(
      objects.waitFor(() => {
        throw new Error("a bug");
      }),
    ).rejects.toThrow("a bug");
    const waiting = objects.waitFor(() => false);
    objects.close();
    await expect(waiting).rejects.toThrow("the cache of configmaps is closed");
  });
});

it("closing before the first list rejects ready", async () => {
  const { objects } = observe("http://127.0.0.1:1");
  objects.close();
  await expect(objects.ready).rejects.toThrow("closed");
});
