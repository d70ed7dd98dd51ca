import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../api/builtin.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { scriptsOf } from "../../test/workers-api/scripts.ts";
import { accountId, moduleUpload, soon, startWorld, type World } from "../../test/workers-api/world.ts";

let world: World;
let time = Date.parse("2026-11-20T12:00:00.000Z");
beforeAll(async () => {
  world = await startWorld({ now: () => new Date(time) });
});
afterAll(() => world.close());

const { put, post, deploy, deploymentsOf, secretValues } = scriptsOf(() => world);

function later(seconds: number) {
  time += seconds * 1000;
}

test("a script that is not deployed does not exist, in the codes that wrangler knows", async () => {
  expect(await world.call("GET", "~/workers/services/none")).toMatchObject({ status: 404, errors: [{ code: 10090 }] });
  for (const path of ["deployments", "settings", "secrets", "versions", "subdomain", "script-settings"]) {
    expect(await world.call("GET", `~/workers/scripts/none/${path}`)).toMatchObject({
      status: 404,
      errors: [{ code: 10007 }],
    });
  }
  expect(await post("none")).toMatchObject({ errors: [{ code: 10007 }] });
  expect(await world.call("PUT", "~/workers/scripts/none/secrets", { name: "A", text: "b" })).toMatchObject({
    errors: [{ code: 10007 }],
  });
});

test("the same upload within a minute is one version and one deployment, and after it a new one", async () => {
  const metadata = { bindings: [{ type: "secret_text", name: "K", text: "1" }] };
  const first = await put("repeated", "a", metadata);
  later(30);
  expect((await put("repeated", "a", metadata)).result.deployment_id).toBe(first.result.deployment_id);
  expect(await deploymentsOf("repeated")).toHaveLength(1);

  const changed = await put("repeated", "a", { bindings: [{ type: "secret_text", name: "K", text: "2" }] });
  expect(changed.result.deployment_id).not.toBe(first.result.deployment_id);
  later(61);
  const again = await put("repeated", "a", { bindings: [{ type: "secret_text", name: "K", text: "2" }] });
  expect(again.result.deployment_id).not.toBe(changed.result.deployment_id);

  const { result, info } = await world.call("GET", "~/workers/scripts/repeated/versions?deployable=true");
  expect(result.items.map(({ number }: { number: number }) => number)).toEqual([3, 2, 1]);
  expect(info).toMatchObject({ total_count: 3 });
  expect((await world.call("GET", "~/workers/scripts/repeated/versions?page=2&per_page=2")).result.items).toHaveLength(
    1,
  );
  expect((await world.call("GET", "~/workers/scripts/repeated/versions?page=9&per_page=2")).result.items).toEqual([]);
});

test("a later deploy keeps secrets, keeps variables only when asked, and inherits by name", async () => {
  const vars = [
    { type: "plain_text", name: "A", text: "1" },
    { type: "json", name: "B", json: [1] },
    { type: "secret_text", name: "S", text: "secret" },
  ];
  await put("keeper", "a", { bindings: vars });
  const kept = await post("keeper", "b", { keep_bindings: ["plain_text"] });
  expect(kept.result.resources.bindings).toEqual([
    { type: "plain_text", name: "A", text: "1" },
    { type: "secret_text", name: "S" },
  ]);
  expect(await secretValues(kept.result.id)).toEqual({ S: "secret" });

  const inherited = await post("keeper", "c", {
    bindings: [
      { type: "inherit", name: "A" },
      { type: "inherit", name: "S" },
    ],
  });
  expect(inherited.result.resources.bindings).toHaveLength(2);
  expect(await post("keeper", "c", { bindings: [{ type: "inherit", name: "B" }] })).toMatchObject({
    errors: [{ code: 10057, message: expect.stringMatching(/^inherit binding 'B' is invalid/) }],
  });

  const replaced = await post("keeper", "d", { bindings: [{ type: "plain_text", name: "S", text: "open" }] });
  expect(replaced.result.resources.bindings).toEqual([{ type: "plain_text", name: "S", text: "open" }]);
});

describe("deployments", () => {
  test("a version is deployed as a whole, and only if it is the script's", async () => {
    await put("whole", "a");
    const { result } = await post("whole", "b", { annotations: { "workers/tag": "t" } });
    const { result: foreign } = await put("foreign");
    const split = {
      versions: [
        { version_id: result.id, percentage: 50 },
        { version_id: result.id, percentage: 50 },
      ],
    };
    expect(await world.call("POST", "~/workers/scripts/whole/deployments", split)).toMatchObject({
      errors: [{ code: 12005 }],
    });
    const half = { versions: [{ version_id: result.id, percentage: 50 }] };
    expect(await world.call("POST", "~/workers/scripts/whole/deployments", half)).toMatchObject({
      errors: [{ code: 12002, message: "versions[0].percentage must be 100, not 50" }],
    });
    for (const id of [foreign.deployment_id, "nonsense", "../x"]) {
      expect(await deploy("whole", id)).toMatchObject({ status: 404, errors: [{ code: 12001 }] });
    }
    expect(await deploy("whole", result.id)).toMatchObject({
      status: 200,
      result: { versions: [{ version_id: result.id, percentage: 100 }] },
    });
    expect(await world.call("GET", `~/workers/scripts/whole/versions/${result.id}`)).toMatchObject({
      result: { id: result.id, number: 2, annotations: { "workers/tag": "t", "workers/triggered_by": "upload" } },
    });
  });

  test("going back to other secret values needs a confirmation", async () => {
    const { result: first } = await put("back", "a", { bindings: [{ type: "secret_text", name: "S", text: "1" }] });
    later(1);
    await world.call("PUT", "~/workers/scripts/back/secrets", { name: "S", text: "2" });
    expect(await deploy("back", first.deployment_id)).toMatchObject({
      errors: [{ code: 10220, message: "The following secrets have changed: S" }],
    });
    expect(await deploy("back", first.deployment_id, "?force=true")).toMatchObject({
      status: 200,
      result: { annotations: { "workers/triggered_by": "rollback" } },
    });
  });

  test("those of many at once are all there, in one order", async () => {
    await put("crowded", "0");
    const ids = await Promise.all([1, 2, 3, 4].map(async (n) => (await post("crowded", String(n))).result.id));
    const answers = await Promise.all(ids.map((id) => deploy("crowded", id)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const entries = await deploymentsOf("crowded");
    expect(entries).toHaveLength(5);
    const times = entries.map((entry: { created_on: string }) => entry.created_on);
    expect(times).toEqual([...new Set(times)].sort().reverse());
  });

  test("at most a hundred are remembered", async () => {
    const { result } = await put("long", "a");
    const versions = [{ name: result.deployment_id, percentage: 100 }];
    const deployments = Array.from({ length: 100 }, (_, index) => ({
      id: `old-${index}`,
      createdOn: "2026-11-19T00:00:00.000Z",
      versions,
    }));
    await world.client.mergePatch(
      WorkerDeployment,
      { namespace: "default", name: `${accountId}.long` },
      { spec: { deployments } },
    );
    await put("long", "b");
    const entries = await deploymentsOf("long");
    expect(entries).toHaveLength(100);
    expect(entries[99].id).toBe("old-98");
  });
});

test("settings are stored, replaced as a whole, and echoed", async () => {
  await put("set", "a", { observability: { enabled: true, logs: { enabled: true, invocation_logs: true } } });
  const patch = {
    observability: { enabled: true, logs: { enabled: false } },
    logpush: true,
    tags: ["cf:service=x"],
    tail_consumers: [],
  };
  expect((await world.call("PATCH", "~/workers/scripts/set/script-settings", patch)).result).toEqual(patch);
  expect((await world.call("GET", "~/workers/scripts/set/script-settings")).result).toEqual(patch);
  expect(await world.call("GET", "~/workers/services/set")).toMatchObject({
    result: { default_environment: { script: { tags: ["cf:service=x"], last_deployed_from: "wrangler" } } },
  });
  expect(
    await world.call("PATCH", "~/workers/scripts/set/script-settings", { tail_consumers: [{ service: "t" }] }),
  ).toMatchObject({
    errors: [{ code: 12005 }],
  });
  expect(await world.call("PATCH", "~/workers/scripts/set/script-settings", { color: 1 })).toMatchObject({
    status: 400,
  });
});

test("a script is deleted with all it owns, unless another one needs it", async () => {
  await put("needed", "a", { bindings: [{ type: "secret_text", name: "S", text: "1" }] });
  await put("needing", "a", { bindings: [{ type: "service", name: "N", service: "needed" }] });
  expect((await world.call("GET", "~/workers/scripts/needed/references")).result.services.incoming).toMatchObject([
    { service: "needing" },
  ]);
  expect(await world.call("DELETE", "~/workers/services/needed?force=false")).toMatchObject({
    status: 409,
    errors: [{ code: 12010 }],
  });
  expect(await world.call("DELETE", "~/workers/services/needed?force=true")).toMatchObject({ status: 200 });
  expect(await world.call("GET", "~/workers/services/needed")).toMatchObject({ status: 404 });
  const left = async () => (await world.client.list(WorkerVersion, { labelSelector: "scripts=needed" })).items.length;
  await expect.poll(left, soon).toBe(0);
  await expect
    .poll(async () => (await world.client.list(Secret, { labelSelector: "scripts=needed" })).items.length, soon)
    .toBe(0);
});

test("what kubectl manages is shown and never changed", async () => {
  const template = {
    scriptName: "by-hand",
    compatibilityDate: "2026-01-01",
    scriptsUrls: [`accounts/${accountId}/x.js`],
  };
  await world.client.create(WorkerDeployment, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerDeployment",
    metadata: { name: "mine", namespace: "default", labels: { accounts: accountId } },
    spec: { template },
  });
  expect(await world.call("GET", "~/workers/services/by-hand")).toMatchObject({ status: 200 });
  const changes: [string, string, unknown][] = [
    ["PUT", "scripts/by-hand", moduleUpload()],
    ["POST", "scripts/by-hand/versions", moduleUpload()],
    ["POST", "scripts/by-hand/deployments", { versions: [{ version_id: "x", percentage: 100 }] }],
    ["PUT", "scripts/by-hand/secrets", { name: "A", text: "x" }],
    ["PATCH", "scripts/by-hand/script-settings", { tags: ["x"] }],
    ["POST", "scripts/by-hand/subdomain", { enabled: true }],
    ["DELETE", "services/by-hand", undefined],
  ];
  for (const [method, path, body] of changes) {
    const answer = await world.call(method, `~/workers/${path}`, body);
    expect({ path, answer }).toMatchObject({ path, answer: { status: 409, errors: [{ code: 12006 }] } });
  }
  expect((await world.client.get(WorkerDeployment, { namespace: "default", name: "mine" }))?.spec).toMatchObject({
    template,
  });
});

test("lists have an end", async () => {
  const { result, info } = await world.call("GET", "~/workers/scripts?per_page=1000");
  expect(result).toHaveLength(info.total_count);
  expect((await world.call("GET", "~/workers/scripts?page=2")).result).toEqual([]);
  expect((await world.call("GET", "~/storage/kv/namespaces?page=2")).result).toEqual([]);
});

test("observability that is too large is refused before anything is stored", async () => {
  const observability = { note: "x".repeat(4096) };
  const message = expect.stringContaining("observability takes 4107 bytes as JSON; at most 4096 are allowed");
  expect(await put("watched", "a", { observability })).toMatchObject({ status: 400, errors: [{ message }] });
  expect((await world.call("GET", "~/workers/services/watched")).status).toBe(404);
  await put("watched");
  const answer = await world.call("PATCH", "~/workers/scripts/watched/script-settings", { observability });
  expect(answer).toMatchObject({ status: 400, errors: [{ message }] });
});
