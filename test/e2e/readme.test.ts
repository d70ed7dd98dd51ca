/** Every command of README.md is run, in its order, on a platform that `npm start` has started. */

import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./harness/command.ts";
import { writeFiles } from "./harness/project.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "octoplane-readme-"));
const dataDir = join(folder, "data");
const project = join(folder, "my-project");
const environment = {
  ...process.env,
  OCTOPLANE_DATA_DIR: dataDir,
  HOME: folder,
  CI: "true",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
};

/** The lines of each shell block. */
const blocks = readFileSync(join(root, "README.md"), "utf8")
  .matchAll(/```sh\n([\s\S]*?)```/g)
  .map(([, block = ""]) => block.trim().split("\n"))
  .toArray();

/** What a reader has on his machine, and this test has elsewhere. */
function here(line: string): string {
  return line
    .replaceAll(".octoplane/", `${dataDir}/`)
    .replaceAll("npx wrangler", `node ${join(root, "node_modules/wrangler/bin/wrangler.js")}`);
}

const started = spawn("npm", ["start"], {
  cwd: root,
  env: environment,
  detached: true,
  stdio: ["ignore", "pipe", "pipe"],
});
let printed = "";

beforeAll(async () => {
  mkdirSync(project);
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
  writeFiles(project, {
    "wrangler.jsonc": JSON.stringify({ name: "mine", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response("mine"); } };`,
  });
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes("Ctrl-C")) resolve();
    };
    started.stdout.on("data", read);
    started.stderr.on("data", read);
    started.on("exit", () => reject(new Error(`npm start ended:\n${printed}`)));
  });
});

afterAll(async () => {
  const ended = new Promise((resolve) => started.once("exit", resolve));
  // As Ctrl-C does: the whole group of the terminal.
  if (started.pid !== undefined) process.kill(-started.pid, "SIGINT");
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

test("npm start prints what the README shows", () => {
  for (const label of [
    "hello answers at",
    "wrangler settings",
    "kubeconfig",
    "npm run octoplane -- status",
    "Ctrl-C",
  ]) {
    expect(printed).toContain(label);
  }
});

const hasKubectl = await run("kubectl", ["version", "--client"]).then(
  () => true,
  () => false,
);

test("every command works", async () => {
  const others = blocks.filter(([first]) => first !== "npm start" && first !== "npm test");
  expect(blocks.length - others.length, "npm start and npm test").toBe(2);
  const needsKubectl = /^kubectl|buildbarn/; // the farm comes by kubectl apply
  // Each block begins in the checkout; what one exports, the next ones have.
  const lines = others.flatMap((block) => [`cd ${root}`, ...block]);
  const script = lines.filter((line) => hasKubectl || !needsKubectl.test(line)).map(here);
  const { stdout } = await run("bash", ["-euc", script.join("\n")], { cwd: root, env: environment, timeout: 90_000 });
  expect(stdout).toContain("Uploaded mine");
  if (hasKubectl) expect(stdout).toContain("workeraccount.api.cf-worker/");
  if (hasKubectl) expect(stdout).toMatch(/"backend"[\s\S]*storage-0\.storage\.buildbarn/);
});

test("every command of the table is one that octoplane has", async () => {
  const named = readFileSync(join(root, "README.md"), "utf8")
    .matchAll(/^\| `(\w+)/gm)
    .map(([, name]) => name);
  const { stdout } = await run(process.execPath, [join(root, "bootstrap.mjs"), "--help"], { env: environment });
  for (const name of named) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
});
