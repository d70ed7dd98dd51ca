import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WorkerDeployment } from "../api/workers/worker-deployment.ts";
import { type AnyComposite, composites, type Settings } from "../hooks/composites.ts";
import { yes } from "../hooks/contract/conditions.ts";
import { hookApp } from "./app.ts";
import { createLog } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";

const settings: Settings = {
  domain: "example.test",
  urlScheme: "https",
  ingressClassName: "octoplane",
  blobStore: "s3://bucket/prefix",
  imageStore: "registry://registry.test/workers",
  imagePrefix: "registry.test/workers",
  builderImage: "registry.test/builder:1",
  runtimeBase: "registry.test/runtime:1",
  drainSeconds: 5,
  settleSeconds: 10,
  workerMemory: "512Mi",
};

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) server.close().closeAllConnections();
});

interface Given {
  table?: readonly AnyComposite[];
  token?: string;
  metrics?: Metrics;
}

async function serve({ table = composites, token, metrics = createMetrics() }: Given = {}): Promise<string> {
  const log = createLog("test", "silent");
  const app = hookApp({ composites: table, settings, log, metrics, token: () => token });
  const server = createServer(app).listen(0, "127.0.0.1");
  running.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const parent = {
  apiVersion: "api.cf-worker/v1",
  kind: "WorkerDeployment",
  metadata: { name: "hello", namespace: "demo", uid: "u", generation: 3, labels: { accounts: "acme" } },
  spec: { scriptName: "hello" },
};
const request = {
  controller: {},
  parent,
  children: { "WorkerVersion.api.cf-worker/v1": {} },
  related: {},
  finalizing: false,
};

function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(url, { method: "POST", body: text, headers: { "content-type": "application/json", ...headers } });
}

const sync = "/hooks/workerdeployment/sync";

/** A composite whose hook does what the test wants. */
function composite(answer: AnyComposite["sync"]): AnyComposite {
  return { parent: WorkerDeployment, children: [], sync: answer } as unknown as AnyComposite;
}

describe("a hook", () => {
  test("answers with status and children", async () => {
    const answer = await post(`${await serve()}${sync}`, request);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      children: [],
      status: { observedGeneration: 3, conditions: [{ type: "Ready" }] },
    });
  });

  test("has its customize beside it where it wants to see more", async () => {
    const url = await serve();
    const answer = await post(`${url}/hooks/workeraccount/customize`, { parent: { ...parent, kind: "WorkerAccount" } });
    expect(await answer.json()).toEqual({ relatedResources: expect.arrayContaining([expect.anything()]) });
    expect((await post(`${url}/hooks/jobbuilder/customize`, { parent })).status).toBe(404);
  });

  test("never sees what is in a Secret", async () => {
    let seen = "";
    const spy = composite(({ related }) => {
      seen = JSON.stringify(
        related.all({ group: "", version: "v1", kind: "Secret", plural: "secrets", namespaced: true }),
      );
      return { children: [], status: {}, conditions: { Ready: yes("Seen", "seen") } } as never;
    });
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "demo" },
      data: { KEY: "dG9w" },
    };
    await post(`${await serve({ table: [spy] })}${sync}`, {
      ...request,
      related: { "Secret.v1": { "demo/s": secret } },
    });
    expect(seen).toContain('"name":"s"');
    expect(seen).not.toContain("dG9w");
  });

  test("takes a request as large as a big account makes it", async () => {
    const label = "x".repeat(5_000_000);
    const large = { ...request, parent: { ...parent, metadata: { ...parent.metadata, annotations: { label } } } };
    expect((await post(`${await serve()}${sync}`, large)).status).toBe(200);
  });
});

describe("what is wrong is answered shortly, as text, and never with 200", () => {
  const bug = composite(() => {
    throw new TypeError("secret detail of the code");
  });

  test.each([
    ["a body that is no JSON", composites, "{", 400, /^BadRequest: the body is not JSON\n$/],
    ["a body without a parent", composites, {}, 400, /^BadRequest: parent must be/],
    ["an empty body", composites, "", 400, /^BadRequest/],
    ["a bug in a hook", [bug], request, 500, /^Internal: the hook failed; its log has the details\n$/],
    ["a body that is too large", composites, `"${"x".repeat(33 * 2 ** 20)}"`, 413, /^TooLarge: /],
  ])("%s", async (_what, table, body, status, text) => {
    const answer = await post(`${await serve({ table })}${sync}`, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("text/plain");
    expect(await answer.text()).toMatch(text);
  });

  test("an unknown hook", async () => {
    const answer = await post(`${await serve()}/hooks/nothing/sync`, request);
    expect([answer.status, await answer.text()]).toEqual([404, "NoSuchHook: there is no such hook\n"]);
  });
});

describe("a bearer token", () => {
  test.each([
    ["none", {}, 401],
    ["another one", { authorization: "Bearer other" }, 401],
    ["the right one", { authorization: "Bearer right" }, 200],
  ])("is asked for: with %s", async (_what, headers, status) => {
    expect((await post(`${await serve({ token: "right" })}${sync}`, request, headers)).status).toBe(status);
  });
});

test("metrics count calls, errors and time per hook", async () => {
  const metrics = createMetrics();
  const url = await serve({ metrics });
  await post(`${url}${sync}`, request);
  await post(`${url}${sync}`, "{");
  const text = await metrics.registry.metrics();
  expect(text).toContain('octoplane_hook_requests_total{composite="workerdeployment",hook="sync",status="200"} 1');
  expect(text).toContain('octoplane_hook_errors_total{composite="workerdeployment",hook="sync"} 1');
  expect(text).toContain('octoplane_hook_duration_seconds_count{composite="workerdeployment",hook="sync"} 2');
});
