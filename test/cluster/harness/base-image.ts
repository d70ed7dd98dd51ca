/**
 * An image with Node and npm, put together from this machine's files: enough for the Dockerfile to build in, where no
 * public image can be had.
 */

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "./run.ts";

const authorities = "/etc/ssl/certs/ca-certificates.crt";
const busybox = ["/bin/busybox", "/usr/bin/busybox"];
/** What the C library loads by name. */
const nameLookup = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

export interface BaseImageOptions {
  folder: string;
  /** Programs whose libraries the image must have. */
  programs: readonly string[];
}

/** Fills a folder with the root file system. */
export async function fillBaseImage({ folder, programs }: BaseImageOptions): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  for (const path of ["bin", "etc/ssl/certs", "usr/local/bin", "usr/local/lib/node_modules", "lib64"]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  mkdirSync(join(folder, "tmp"));
  chmodSync(join(folder, "tmp"), 0o1777);
  writeFileSync(join(folder, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/false\n");
  writeFileSync(join(folder, "etc/group"), "root:x:0:\nnonroot:x:65532:\n");
  writeFileSync(join(folder, "etc/nsswitch.conf"), "hosts: files dns\n");
  if (existsSync(authorities)) cpSync(realpathSync(authorities), join(folder, authorities));

  await copyLibraries(folder, [process.execPath, ...programs]);
  await copyShell(folder);
  cpSync(process.execPath, join(folder, "usr/local/bin/node"));
  copyNpm(folder);
}

async function copyLibraries(folder: string, programs: readonly string[]): Promise<void> {
  const listed = await Promise.all(programs.map((program) => run("ldd", [program])));
  const libraries = new Set(listed.flatMap((text) => text.match(/\/\S+(?= \(0x)/g) ?? []));
  const beside = dirname([...libraries].find((path) => basename(path) === "libc.so.6") ?? "/lib");
  for (const name of nameLookup) libraries.add(join(beside, name));
  for (const path of libraries) {
    if (!existsSync(path)) continue;
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    cpSync(realpathSync(path), join(folder, path));
  }
}

async function copyShell(folder: string): Promise<void> {
  const program = busybox.find((path) => existsSync(path)) ?? "busybox";
  cpSync(program, join(folder, "bin/busybox"));
  for (const name of (await run(program, ["--list"])).split("\n")) {
    if (name !== "" && name !== "busybox") symlinkSync("busybox", join(folder, "bin", name));
  }
}

/** What makes one base image differ from another, wherever its files come from. */
export function baseImageVersions(): string[] {
  const { version } = JSON.parse(readFileSync(join(npmFolder(), "package.json"), "utf8")) as { version: string };
  return [process.version, process.arch, version];
}

/** Of the npm that runs this, or the one that is installed. */
function npmFolder(): string {
  const program = [process.env.npm_execpath, "/usr/bin/npm", "/usr/local/bin/npm"].find(isNpm);
  if (program === undefined) throw new Error("npm is not where it usually is; start this with npm");
  return dirname(dirname(realpathSync(program)));
}

function copyNpm(folder: string): void {
  const target = join(folder, "usr/local/lib/node_modules/npm");
  cpSync(npmFolder(), target, { recursive: true, dereference: true });
  const command = join(folder, "usr/local/bin/npm");
  writeFileSync(command, '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n');
  chmodSync(command, 0o755);
}

function isNpm(path: string | undefined): boolean {
  return path !== undefined && existsSync(path) && realpathSync(path).endsWith("npm-cli.js");
}
