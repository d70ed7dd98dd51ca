import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openFileBlobStore } from "./file-blob.ts";
import { temporaryFolder } from "./test-folder.ts";

test("a blob that goes before anybody reads it is an error of the reader, of nobody else", async () => {
  const folder = await temporaryFolder();
  const store = openFileBlobStore(pathToFileURL(folder).href);
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => void process.off("uncaughtException", note));

  await store.put("short-lived", "x");
  const opened = await store.open("short-lived");
  rmSync(join(folder, "short-lived"));
  for (let turn = 0; turn < 10; turn++) await store.head("short-lived");
  expect(uncaught).toEqual([]);
  const read = async () => {
    for await (const _ of opened?.chunks ?? []);
  };
  await expect(read()).rejects.toMatchObject({ code: "ENOENT" });
});
