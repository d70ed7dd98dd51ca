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
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");
const wantedMajor = 24;

function fail(message) {
  process.stderr.write(`octoplane: ${message}\n`);
  process.exit(1);
}

const stamp = join(modules, ".octoplane-installed");

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/** Whether node_modules belongs to today's package-lock.json. */
function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash();
}

/**
 * Not with `npm ci`: it insists that the lock file lists the optional packages of every platform, and not every
 * registry has them all.
 */
function installPackages() {
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
  writeFileSync(stamp, lockHash());
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

/** Whether npm runs a script of this repository (not one of a project that calls this file). */
function isOurScript(...names) {
  const { npm_package_json: file, npm_lifecycle_event: name } = process.env;
  return file === join(root, "package.json") && names.includes(name);
}

/** How this command was called, so that hints can be typed as they are printed. */
function invocation() {
  if (isOurScript("octoplane", "start")) return "npm run octoplane --";
  const called = process.argv[1];
  if (basename(called) === "octoplane") return "octoplane";
  const path = relative(workingFolder(), called);
  return path.startsWith("..") ? path : `.${sep}${path}`;
}

function workingFolder() {
  try {
    // npm moves to the repository; paths that are typed mean where its user stands.
    return (isOurScript("octoplane") && process.env.INIT_CWD) || process.cwd();
  } catch {
    return fail("the folder that you stand in is gone; go to another one");
  }
}

/** A tool of an installed package. */
function tool(name = "") {
  const path = join(modules, ".bin", name);
  if (name === "" || !existsSync(path)) fail(`there is no tool ${JSON.stringify(name)} in ${join(modules, ".bin")}`);
  return realpathSync(path);
}

function program([command, ...rest]) {
  if (command === "test") return [join(root, "test", "run.ts"), ...rest];
  if (command === "run") return rest;
  if (command === "exec") {
    const [name, ...args] = rest;
    return [tool(name), ...args];
  }
  return [join(root, "cli", "octoplane.ts"), ...(command === undefined ? [] : [command]), ...rest];
}

const cwd = workingFolder();
if (!isInstalled()) {
  // A shell that asks for a completion must not wait for an installation.
  if (process.argv[2] === "complete") process.exit();
  installPackages();
}
const node = modernNode();
// Reading the sources takes longer than most commands: Node keeps what it made of them.
const compileCache = join(modules, ".cache", "octoplane-compiled");
const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...program(process.argv.slice(2))], {
  stdio: "inherit",
  cwd,
  env: {
    NODE_COMPILE_CACHE: compileCache,
    ...process.env,
    PATH: `${dirname(node)}:${process.env.PATH}`,
    OCTOPLANE_INVOCATION: invocation(),
  },
});

// Ctrl-C reaches the whole terminal group by itself; any other signal is passed on, and the child decides when to end.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`cannot start ${node}: ${error.message}`));
child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
