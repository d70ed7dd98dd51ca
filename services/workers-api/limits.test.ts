import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { playHooks } from "../../test/workers-api/hooks.ts";
import { scriptsOf } from "../../test/workers-api/scripts.ts";
import {
  accountId,
  createAccount,
  moduleUpload,
  soon,
  startWorld,
  type World,
  type WorldOptions,
} from "../../test/workers-api/world.ts";
import { scriptWatches } from "./script-watches.ts";

const otherId = "fedcba9876543210fedcba9876543210";
const building = { reason: "Building", versionServing: "older" };

let world: World;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "octoplane-limits-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(async () => {
  await world.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function start(limits: NonNullable<WorldOptions["limits"]>): Promise<void> {
  world = await startWorld({ limits });
}

const { put } = scriptsOf(() => world);
const uploads = () => readdirSync(folder).filter((name) => name.startsWith("octoplane-upload-"));

/** A deploy that is answered only when the test says so. */
async function held(script: string) {
  world.hooks.decide(() => building);
  const answer = put(script);
  const list = async () => (await world.client.list(WorkerDeployment)).items;
  const isDeployed = async () => (await list()).some(({ spec }) => spec.scriptName === script && spec.deployments?.[0]);
  await expect.poll(isDeployed, soon).toBe(true);
  return { answer, release: () => world.hooks.decide(() => undefined) };
}

/** An upload whose body stops half way. Resolves when it is being received. */
async function stalled() {
  const { hostname, port } = new URL(world.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const head = [
    `PUT /client/v4/accounts/${accountId}/workers/scripts/stalled HTTP/1.1`,
    "Host: api",
    `Authorization: Bearer ${world.token}`,
    "Content-Type: multipart/form-data; boundary=x",
    "Content-Length: 1000",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n`);
  await expect.poll(() => uploads().length, soon).toBe(1);
  return () => socket.destroy();
}

const tooMany = (what: string) => ({
  status: 429,
  retryAfter: "5",
  result: null,
  errors: [
    {
      code: 971,
      message: expect.stringMatching(
        new RegExp(`^Please wait and .* account ${accountId} has too many ${what} under way`),
      ),
    },
  ],
});

async function otherAccount() {
  const token = await createAccount(world.client, otherId);
  const hooks = playHooks(world.client, otherId);
  onTestFinished(() => hooks.close());
  const headers = { Authorization: `Bearer ${token}` };
  await expect
    .poll(async () => (await world.call("GET", "/accounts", undefined, headers)).result?.length, soon)
    .toBe(1);
  return (script: string) =>
    world.call("PUT", `/accounts/${otherId}/workers/scripts/${script}`, moduleUpload(), headers);
}

describe("changes of one account", () => {
  test("take turns; what is above that is refused, and another account hears nothing of it", async () => {
    await start({ changes: 1 });
    const putElsewhere = await otherAccount();
    const { answer, release } = await held("first");
    const others = [put("second"), put("third")];
    expect(await Promise.race(others)).toMatchObject(tooMany("changes"));
    expect((await putElsewhere("first")).status).toBe(200);
    release();
    const statuses = (await Promise.all([answer, ...others])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 429]);
  });

  test("wait, but not for long", async () => {
    await start({ changes: 1, waitMs: 20 });
    const { answer, release } = await held("first");
    expect(await put("second")).toMatchObject(tooMany("changes"));
    release();
    expect((await answer).status).toBe(200);
  });

  test("that wait when the service stops are sent elsewhere, those that are done are answered", async () => {
    await start({ changes: 1 });
    const { answer } = await held("first");
    const second = put("second");
    await expect.poll(() => connectionsOf(world), soon).toBe(2);
    await world.close();
    expect(await answer).toMatchObject({ status: 200, messages: [{ message: expect.stringContaining("continues") }] });
    expect(await second).toMatchObject({ status: 503, retryAfter: "1", errors: [{ code: 12020 }] });
    world = await startWorld();
  });
});

/** What has begun and is not answered. */
async function connectionsOf({ adminUrl }: World): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^octoplane_workers_api_requests_in_flight (\d+)$/m.exec(text)?.[1]);
}

test("requests of one account are limited altogether", async () => {
  await start({ requests: 1 });
  const { answer, release } = await held("first");
  expect(await world.call("GET", "~/workers/scripts")).toMatchObject(tooMany("requests"));
  release();
  await answer;
  expect((await world.call("GET", "~/workers/scripts")).status).toBe(200);
});

describe("uploads", () => {
  test("of one account are received in its turn only", async () => {
    await start({ uploads: 1, waitMs: 50 });
    const end = await stalled();
    expect(await put("second")).toMatchObject(tooMany("uploads"));
    end();
    await expect.poll(uploads, soon).toEqual([]);
    expect((await put("third")).status).toBe(200);
  });

  test("of all accounts are limited, too, which is not the fault of any", async () => {
    await start({ allUploads: 1, waitMs: 50 });
    const putElsewhere = await otherAccount();
    const end = await stalled();
    expect(await putElsewhere("a")).toMatchObject({ status: 503, retryAfter: "10", errors: [{ code: 12019 }] });
    end();
  });

  test("are gone from the disk while their answers wait", async () => {
    await start({});
    const { answer, release } = await held("first");
    await expect.poll(uploads, soon).toEqual([]);
    release();
    await answer;
  });
});

test("answers that wait for one account share one watch, which ends with the last of them", async () => {
  await start({});
  const watches: AbortSignal[] = [];
  const counting: KubernetesClient = {
    ...world.client,
    watch(resource, query, options) {
      if (options?.signal) watches.push(options.signal);
      return world.client.watch(resource, query, options);
    },
  };
  const account = (await world.client.get(WorkerAccount, { namespace: "default", name: accountId })) as WorkerAccount;
  const { use } = scriptWatches(counting, () => undefined);
  const ends = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const users = ends.map(({ promise }) => use(account, () => promise));
  await expect.poll(() => watches.length, soon).toBe(1);
  ends[0]?.resolve();
  ends[2]?.resolve();
  await Promise.all([users[0], users[2]]);
  expect(watches.map(({ aborted }) => aborted)).toEqual([false]);
  ends[1]?.resolve();
  await users[1];
  expect(watches.map(({ aborted }) => aborted)).toEqual([true]);
});
