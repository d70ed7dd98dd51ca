import { randomUUID } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { type BlobStore, openBlobStore } from "./blob.ts";
import { temporaryFolder } from "./test-folder.ts";

async function newFileStore(): Promise<BlobStore> {
  const folder = await temporaryFolder();
  return openBlobStore(pathToFileURL(folder).href);
}

/** `s3://bucket?endpoint=http://127.0.0.1:PORT&pathStyle=true`, credentials in the environment as for every AWS tool. */
const s3Url = process.env.TEST_S3_URL;

async function newS3Store(): Promise<BlobStore> {
  const url = new URL(s3Url ?? "");
  url.pathname = `${url.pathname.replace(/\/$/, "")}/test-${randomUUID()}`;
  return openBlobStore(url.href);
}

async function keys(store: BlobStore, prefix = ""): Promise<string[]> {
  const infos = await collect(store.list(prefix));
  return infos.map(({ key }) => key);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString();
}

function contract(newStore: () => Promise<BlobStore>) {
  test("a blob comes back as it was written, with its size", async () => {
    const store = await newStore();
    const bytes = Uint8Array.from([0, 255, 10, 13]);
    expect(await store.put("a/b/c.bin", bytes)).toBe(true);
    expect(Array.from((await store.get("a/b/c.bin")) ?? [])).toEqual([0, 255, 10, 13]);
    expect(await store.head("a/b/c.bin")).toEqual({ key: "a/b/c.bin", size: 4, lastModified: expect.any(Date) });
  });

  test("the last write wins; with ifAbsent the first", async () => {
    const store = await newStore();
    await store.put("a", "one");
    await store.put("a", "two");
    expect(text(await store.get("a"))).toBe("two");
    expect(await store.put("a", "three", { ifAbsent: true })).toBe(false);
    expect(text(await store.get("a"))).toBe("two");
    expect(await store.put("b", "first", { ifAbsent: true })).toBe(true);
    expect(text(await store.get("b"))).toBe("first");
  });

  test("of many writers with ifAbsent exactly one wins", async () => {
    const store = await newStore();
    const wins = await Promise.all(
      Array.from({ length: 8 }, (_, writer) => store.put("lock", `${writer}`, { ifAbsent: true })),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(text(await store.get("lock"))).toBe(`${wins.indexOf(true)}`);
  });

  test("streams go in and come out", async () => {
    const store = await newStore();
    const parts = Array.from({ length: 20 }, (_, index) => Buffer.alloc(70_000, index));
    async function* chunks() {
      yield* parts;
    }
    await store.put("large", { size: 1_400_000, chunks: chunks() });
    const opened = await store.open("large");
    expect(opened?.size).toBe(1_400_000);
    const out = opened ? await collect(opened.chunks) : [];
    expect(Buffer.concat(out).equals(Buffer.concat(parts))).toBe(true);
  });

  test("what is not there is undefined, and deleting it succeeds", async () => {
    const store = await newStore();
    expect(await store.get("nothing")).toBeUndefined();
    expect(await store.open("nothing")).toBeUndefined();
    expect(await store.head("no/thing")).toBeUndefined();
    await store.delete("nothing");
    await store.put("a/b", "x");
    await store.delete("a/b");
    expect(await store.get("a/b")).toBeUndefined();
    expect(await keys(store)).toEqual([]);
  });

  test("a listing is sorted, and a prefix may end inside a name", async () => {
    const store = await newStore();
    for (const key of ["b", "a/2", "a/10/x", "a/1", "a-b", "a0", "ab/1"]) await store.put(key, "x");
    expect(await keys(store)).toEqual(["a-b", "a/1", "a/10/x", "a/2", "a0", "ab/1", "b"]);
    expect(await keys(store, "a/")).toEqual(["a/1", "a/10/x", "a/2"]);
    expect(await keys(store, "a/1")).toEqual(["a/1", "a/10/x"]);
    expect(await keys(store, "a/10")).toEqual(["a/10/x"]);
    expect(await keys(store, "none/")).toEqual([]);
  });

  test.each(["", "/a", "a/", "a//b", "../a", "a/../b", "a/.", ".tmp/x", "a\\b", "a\0", "ü", "a b", "x".repeat(201)])(
    "refuses the key %j",
    async (key) => {
      const store = await newStore();
      await expect(async () => store.put(key, "x")).rejects.toMatchObject({ kind: "invalid" });
      await expect(async () => store.get(key)).rejects.toMatchObject({ kind: "invalid" });
      await expect(async () => store.delete(key)).rejects.toMatchObject({ kind: "invalid" });
    },
  );

  test("refuses a prefix that leaves the store", async () => {
    const store = await newStore();
    await expect(async () => keys(store, "../")).rejects.toMatchObject({ kind: "invalid" });
  });
}

describe("file://", () => {
  contract(newFileStore);

  test("a writer that fails leaves nothing", async () => {
    const folder = await temporaryFolder();
    const store = await openBlobStore(pathToFileURL(folder).href);
    async function* chunks() {
      yield Buffer.from("half");
      throw new Error("connection lost");
    }
    await expect(store.put("a", { size: 8, chunks: chunks() })).rejects.toThrow("connection lost");
    expect(await keys(store)).toEqual([]);
    expect(await readdir(join(folder, ".tmp"))).toEqual([]);
  });

  test("a key below another blob is refused in words", async () => {
    const store = await newFileStore();
    await store.put("a", "x");
    await expect(store.put("a/b", "x")).rejects.toMatchObject({ kind: "refused" });
    expect(await store.get("a/b")).toBeUndefined();
  });

  test("a folder that cannot be used is unreachable, not missing", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    const store = await openBlobStore(pathToFileURL(join(folder, "file")).href);
    await expect(store.put("a", "x")).rejects.toMatchObject({ name: "StoreError" });
  });
});

describe.skipIf(s3Url === undefined)("s3:// (needs TEST_S3_URL)", () => {
  contract(newS3Store);

  test("listings of more than one page are whole", { timeout: 60_000 }, async () => {
    const store = await newS3Store();
    const names = Array.from({ length: 1005 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
    for (let start = 0; start < names.length; start += 50) {
      await Promise.all(names.slice(start, start + 50).map((name) => store.put(name, "x")));
    }
    expect(await keys(store, "many/")).toEqual(names);
  });

  test("wrong credentials are told apart from an unreachable server", async () => {
    const env = { AWS_ACCESS_KEY_ID: "nobody", AWS_SECRET_ACCESS_KEY: "wrong" };
    const store = await openBlobStore(s3Url ?? "", env);
    await expect(store.put("a", "x")).rejects.toMatchObject({ kind: "denied" });
  });
});

test("an S3 server that does not answer is unreachable", { timeout: 20_000 }, async () => {
  const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const store = await openBlobStore("s3://bucket?endpoint=http://127.0.0.1:9&pathStyle=true", env);
  await expect(store.get("a")).rejects.toMatchObject({ kind: "unreachable" });
});

test.each(["ftp://x", "file://relative", "s3://", ""])("refuses the store %j", async (url) => {
  await expect(openBlobStore(url)).rejects.toMatchObject({ kind: "invalid" });
});
