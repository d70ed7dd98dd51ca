/** The first step of every command, called in the ways in which people call it. */

import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "./test-command.ts";

const root = join(import.meta.dirname, "..");

function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  const { npm_lifecycle_event: _event, npm_package_json: _file, INIT_CWD: _cwd, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, timeout: 20_000 }, (_error, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });
}

/** Fails with a hint, and with the data folder as the command understood it. */
const ask = ["status", "--data-dir", "nowhere"];

test("from the checkout", async () => {
  expect(await run("./bootstrap.mjs", ask, root)).toContain(
    `no platform runs on ${root}/nowhere; start one with: ./bootstrap.mjs up --data-dir ${root}/nowhere`,
  );
});

test("from another folder", async () => {
  expect(await run(join(root, "bootstrap.mjs"), ask, join(root, "cli", "commands"))).toContain(
    "start one with: ../../bootstrap.mjs up",
  );
});

test("by a link on the PATH", async () => {
  const { path, remove } = temporaryFolder();
  onTestFinished(remove);
  symlinkSync(join(root, "bootstrap.mjs"), join(path, "octoplane"));
  expect(await run(join(path, "octoplane"), ask, path)).toContain("start one with: octoplane up");
});

test("through npm, paths mean where one stands", async () => {
  const cwd = join(root, "cli");
  expect(await run("npm", ["run", "--silent", "octoplane", "--", ...ask], cwd)).toContain(
    `no platform runs on ${cwd}/nowhere; start one with: npm run octoplane -- up`,
  );
});

test("without --data-dir there is one platform for the checkout, wherever one stands", async () => {
  const { path, remove } = temporaryFolder();
  onTestFinished(remove);
  expect(await run(join(root, "bootstrap.mjs"), ["status", "--help"], path)).toContain(`${root}/.octoplane`);
});

test("a tool that is not installed is named", async () => {
  for (const name of ["nonsense", ""]) {
    const text = await run("./bootstrap.mjs", ["exec", name], root);
    expect(text).toMatch(/^octoplane: there is no tool "(nonsense)?" in /);
    expect(text.trim().split("\n")).toHaveLength(1);
  }
});
