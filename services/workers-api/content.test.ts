import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type BlobStore, openBlobStore } from "../../stores/blob.ts";
import { StoreError } from "../../stores/error.ts";
import { accountId, hello, moduleUpload, type Part, startWorld, type World } from "../../test/workers-api/world.ts";

let world: World;
let folder: string;
/** Called before a blob is opened, with its last part. */
let beforeOpen: (name: string) => Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octoplane-content-"));
  const blobs = await openBlobStore(pathToFileURL(folder).href);
  const watched: BlobStore = {
    ...blobs,
    async open(key) {
      await beforeOpen(key.split("/").at(-1) ?? "");
      return blobs.open(key);
    },
  };
  world = await startWorld({ blobStore: watched });
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  beforeOpen = async () => undefined;
});

const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
const strange = 'lib/"ä".js';
const parts: Part[] = [
  { name: "index.js", content: hello },
  { name: strange, content: "export default 1;" },
  { name: "data.bin", content: bytes, type: "application/octet-stream" },
];

function get(script: string): Promise<Response> {
  const url = `${world.url}/client/v4/accounts/${accountId}/workers/scripts/${script}/content/v2`;
  return fetch(url, { headers: { Authorization: `Bearer ${world.token}` } });
}

test("what was uploaded comes back, as a form that says which module is the main one", async () => {
  await world.call("PUT", "~/workers/scripts/whole", moduleUpload({}, parts));
  const answer = await get("whole");
  expect(answer.headers.get("cf-entrypoint")).toBe("index.js");
  const form = await answer.formData();
  const files = [...form.entries()] as unknown as [string, File][];
  expect(files.map(([field, { name, type }]) => [field, name, type])).toEqual([
    ["index.js", "index.js", "application/javascript+module"],
    [strange, strange, "application/javascript+module"],
    ["data.bin", "data.bin", "application/octet-stream"],
  ]);
  expect(await (form.get("index.js") as File).text()).toBe(hello);
  expect(Buffer.from(await (form.get("data.bin") as File).arrayBuffer()).equals(bytes)).toBe(true);
});

test("a module goes out before the next one is fetched", async () => {
  await world.call("PUT", "~/workers/scripts/streamed", moduleUpload({}, parts));
  const read = Promise.withResolvers<void>();
  beforeOpen = async (name) => {
    if (name !== "m0") await read.promise;
  };
  const reader = (await get("streamed")).body?.getReader();
  let text = "";
  while (!text.includes(hello)) text += Buffer.from((await reader?.read())?.value ?? []).toString();
  read.resolve();
  await reader?.cancel();
});

test("a store that is away is an error like others, as long as nothing was sent", async () => {
  await world.call("PUT", "~/workers/scripts/away", moduleUpload({}, parts));
  beforeOpen = async () => {
    throw new StoreError("unreachable", "nobody answers");
  };
  const answer = await get("away");
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ success: false, errors: [{ code: 12015 }] });
});

test("an answer that cannot go on is broken off, never ended as if it were whole", async () => {
  await world.call("PUT", "~/workers/scripts/broken", moduleUpload({}, parts));
  beforeOpen = async (name) => {
    if (name === "m1") throw new StoreError("unreachable", "nobody answers");
  };
  await expect(get("broken").then((answer) => answer.text())).rejects.toThrow("terminated");
});
