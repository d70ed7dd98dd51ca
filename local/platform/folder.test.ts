import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startApiServer } from "../apiserver/start.ts";
import { isDataFolder, openFolder, readFolder, writePrivate } from "./folder.ts";

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), "octoplane-folder-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

test("only the owner may look into a folder that others could look into before", async () => {
  const path = join(temporary(), "data");
  mkdirSync(join(path, "blobs"), { recursive: true });
  for (const open of [path, join(path, "blobs")]) chmodSync(open, 0o755);
  for (const suffix of ["", "-wal", "-shm"]) writeFileSync(join(path, `state.sqlite${suffix}`), "", { mode: 0o644 });
  openFolder(path);
  expect([path, join(path, "blobs"), join(path, "logs")].map(mode)).toEqual(["700", "700", "700"]);
  expect(["", "-wal", "-shm"].map((suffix) => mode(join(path, `state.sqlite${suffix}`)))).toEqual([
    "600",
    "600",
    "600",
  ]);
});

test("the state of a new folder is its owner's alone, with what SQLite keeps beside it", async () => {
  const folder = openFolder(join(temporary(), "data"));
  const server = await startApiServer({ dataFile: folder.state });
  onTestFinished(() => server.close());
  expect([folder.state, `${folder.state}-wal`].map(mode)).toEqual(["600", "600"]);
});

test("keeps its token", () => {
  const path = temporary();
  const { token } = openFolder(path);
  expect(token).toHaveLength(43);
  expect(openFolder(path).token).toBe(token);
});

test("a private file that others could read is private when it is written again", () => {
  const path = join(temporary(), "file");
  writeFileSync(path, "a long content of before", { mode: 0o644 });
  writePrivate(path, "new");
  expect(mode(path)).toBe("600");
  expect(readFileSync(path, "utf8")).toBe("new");
});

test("a folder is one of ours when a platform has made it, and looking at it makes none", () => {
  const path = join(temporary(), "data");
  expect([isDataFolder(path), readFolder(path), existsSync(path)]).toEqual([false, undefined, false]);
  mkdirSync(path);
  writeFileSync(join(path, "platform.json"), "{}");
  expect(isDataFolder(path)).toBe(false);
  const { token } = openFolder(path);
  expect([isDataFolder(path), readFolder(path)?.token]).toEqual([true, token]);
});
