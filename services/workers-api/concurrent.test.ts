import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { BlobStore } from "../../stores/blob.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { answering, scriptsOf } from "../../test/workers-api/scripts.ts";
import { type Answer, moduleUpload, type Replica, startWorld, type World } from "../../test/workers-api/world.ts";

let world: World;
/** Another replica: within one, changes of a script follow each other. */
let other: Replica;
let folder: string;
let blobs: BlobStore;
/** Called before each blob is written. */
let beforePut: () => Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octoplane-concurrent-"));
  blobs = await openBlobStore(pathToFileURL(folder).href);
  const held: BlobStore = {
    ...blobs,
    async put(...write) {
      await beforePut();
      return blobs.put(...write);
    },
  };
  beforePut = async () => undefined;
  world = await startWorld({ blobStore: held });
  other = await world.replica({ blobStore: blobs });
});
afterAll(async () => {
  await other.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const { put, post, deploymentsOf, secretValues } = scriptsOf(() => world);
const setSecret = (script: string, name: string, through: Replica = world): Promise<Answer> =>
  through.call("PUT", `~/workers/scripts/${script}/secrets`, { name, text: name });

/** Runs `meanwhile` once `slow` has read its history and is about to store what it made of it. */
async function during<T>(slow: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  beforePut = () => {
    beforePut = async () => undefined;
    reached.resolve();
    return released.promise;
  };
  const answer = slow();
  await Promise.race([reached.promise, answer]);
  await meanwhile();
  released.resolve();
  return answer;
}

async function served(script: string) {
  const [{ versions }] = await deploymentsOf(script);
  const name: string = versions[0].version_id;
  const version = await world.client.get(WorkerVersion, { namespace: "default", name });
  const code = Buffer.from((await blobs.get(`${version?.spec.url}/m0`)) ?? []).toString();
  return { code, secrets: await secretValues(name) };
}

test("two secrets that are put at once are both there", async () => {
  await put("both", "a");
  const answers = await Promise.all([setSecret("both", "A"), setSecret("both", "B", other)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect((await served("both")).secrets).toEqual({ A: "A", B: "B" });
});

test("a secret beside a deploy does not bring old code back", async () => {
  await put("newer", "old");
  const slow = await during(
    () => setSecret("newer", "S"),
    () => other.call("PUT", "~/workers/scripts/newer", moduleUpload({}, answering("new"))),
  );
  expect(slow.status).toBe(200);
  expect(await served("newer")).toEqual({ code: expect.stringContaining("new"), secrets: { S: "S" } });
});

test("a secret that is put while a deploy is under way is kept", async () => {
  await put("kept", "old");
  const slow = await during(
    () => put("kept", "new"),
    () => setSecret("kept", "S", other),
  );
  expect(slow.status).toBe(200);
  expect(await served("kept")).toEqual({ code: expect.stringContaining("new"), secrets: { S: "S" } });
});

test("a version that is uploaded beside a secret has it, too", async () => {
  await put("uploaded", "old");
  const slow = await during(
    () => post("uploaded", "next"),
    () => setSecret("uploaded", "S", other),
  );
  expect(await secretValues(slow.result.id)).toEqual({ S: "S" });
});

test("code of another account is not read, whatever a version says", async () => {
  const { result } = await put("foreign", "a");
  const url = "accounts/ffffffffffffffffffffffffffffffff/scripts/x/y";
  const key = { namespace: "default", name: result.deployment_id };
  const version = await world.client.get(WorkerVersion, key);
  await world.client.delete(WorkerVersion, key);
  const { uid: _, resourceVersion: __, ...metadata } = version?.metadata ?? { name: "" };
  await world.client.create(WorkerVersion, { ...version, metadata, spec: { ...version?.spec, url } } as WorkerVersion);
  expect(await setSecret("foreign", "S")).toMatchObject({ status: 409, errors: [{ code: 12018 }] });
});
