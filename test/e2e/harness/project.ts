/** Runs the real wrangler, unmodified, in a folder of its own. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Outcome {
  code: number;
  /** Standard output and standard error. */
  text: string;
}

export interface Project {
  path: string;
  read(file: string): string;
  write(files: Record<string, string | Uint8Array>): void;
  /** Runs `wrangler ARGS`; never rejects because of the exit code. */
  wrangler(args: readonly string[], input?: string): Promise<Outcome>;
}

interface Wrangler {
  name: string;
  node: string;
  program: string;
}

const root = join(import.meta.dirname, "..", "..", "..");
const modules = join(root, "node_modules");

/** The oldest and the newest that are supported, each on its own Node. */
export const wranglers: readonly Wrangler[] = [
  {
    name: "wrangler 4.86.0 on Node 20",
    node: join(modules, "node-20", "bin", "node"),
    program: join(modules, "wrangler-4.86", "bin", "wrangler.js"),
  },
  {
    name: "wrangler 4.164.0 on Node 24",
    node: process.execPath,
    program: join(modules, "wrangler", "bin", "wrangler.js"),
  },
];
const newest = wranglers[1] as Wrangler;

const timeoutMs = 90_000;

export function writeFiles(path: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
}

export function copyFolder(source: string, path: string): void {
  cpSync(source, path, { recursive: true, filter: (each) => !each.includes(".wrangler") });
}

/** @param folder where the project gets a folder of its own; the caller deletes it */
export function project(folder: string, env: string, fill: (path: string) => void): Project {
  const path = mkdtempSync(join(folder, "project-"));
  fill(path);
  // What a project would have from its own npm install.
  symlinkSync(modules, join(path, "node_modules"));
  writeFileSync(join(path, ".env"), env);
  return {
    path,
    read: (file) => readFileSync(join(path, file), "utf8"),
    write: (files) => writeFiles(path, files),
    wrangler: (args, input) => runWrangler(newest, path, args, input),
  };
}

/** The same project with another wrangler. */
export function withWrangler(project: Project, wrangler: Wrangler): Project {
  return { ...project, wrangler: (args, input) => runWrangler(wrangler, project.path, args, input) };
}

/** A home of its own: whatever wrangler remembers, it remembers for this project only. */
function environment(path: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: path,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    NO_COLOR: "1",
    // A third of what a short command takes is reading its own program.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  };
}

function runWrangler({ node, program }: Wrangler, cwd: string, args: readonly string[], input = ""): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd, env: environment(cwd), timeout: timeoutMs, maxBuffer: 16 * 2 ** 20 };
    const child = execFile(node, [program, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, text: `${stdout}${stderr}` });
    });
    child.stdin?.end(input);
  });
}
