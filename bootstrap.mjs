#!/usr/bin/env node
// The first step of every command: needs nothing but Node 20 and npm. It installs what is missing, then hands over
// to Node 24 or newer (the sources are TypeScript that Node runs without a build).
//
//   node bootstrap.mjs test [args]       the test suite
//   node bootstrap.mjs exec BIN [args]   a tool from node_modules/.bin
//   node bootstrap.mjs run FILE [args]   a program of this repository
//   node bootstrap.mjs [args]            the octoplane command

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");
const wantedMajor = 24;

function fail(message) {
  process.stderr.write(`octoplane: ${message}\n`);
  process.exit(1);
}

/**
 * Installs when node_modules does not belong to today's package-lock.json. Not with `npm ci`: it insists that the lock
 * file lists the optional packages of every platform, and not every registry has them all.
 */
function installPackages() {
  const stamp = join(modules, ".octoplane-installed");
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;

  process.stderr.write("octoplane: installing packages (once, about a minute) ...\n");
  const npm = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.error) fail(`npm is needed to install packages: ${npm.error.message}`);
  if (npm.signal) process.exit(128 + constants.signals[npm.signal]);
  if (npm.status !== 0) fail("npm install failed; the reason is above. Nothing was started.");
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, lock);
}

/** The Node that runs the project: this one when it is new enough, else the one from the installed packages. */
function modernNode() {
  if (Number(process.versions.node.split(".")[0]) >= wantedMajor) return process.execPath;
  const packages = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
  const binary = packages.map((name) => join(modules, name, "bin", "node")).find((path) => existsSync(path));
  if (!binary) {
    fail(
      `Node ${wantedMajor} or newer is needed and there is no packaged one for ${process.platform}-${process.arch}; install it, then run this again.`,
    );
  }
  return binary;
}

function program([command, ...rest]) {
  if (command === "test") return [join(root, "test", "run.ts"), ...rest];
  if (command === "run") return rest;
  if (command === "exec") {
    const [name, ...args] = rest;
    return [realpathSync(join(modules, ".bin", name ?? "")), ...args];
  }
  return [join(root, "cli", "octoplane.ts"), ...(command === undefined ? [] : [command]), ...rest];
}

installPackages();
const node = modernNode();
const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...program(process.argv.slice(2))], {
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
});

// Ctrl-C reaches the whole terminal group by itself; any other signal is passed on, and the child decides when to end.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`cannot start ${node}: ${error.message}`));
child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
