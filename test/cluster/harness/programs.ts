/** The cluster's programs, built once from Go modules and kept by the hash of what they are built from. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, root } from "./folders.ts";
import { run } from "./run.ts";

interface Source {
  name: string;
  /** Folder of the Go module below test/cluster/binaries. */
  module: string;
  package: string;
  linkerFlags?: string;
  /** For people who wait: on two cores, with nothing downloaded yet. */
  coldMinutes: number;
}

const version = "k8s.io/component-base/version";
const sources = [
  {
    name: "kubernetes",
    module: "kubernetes",
    package: ".",
    linkerFlags: `-X ${version}.gitVersion=v1.35.4 -X ${version}.gitMajor=1 -X ${version}.gitMinor=35`,
    coldMinutes: 9,
  },
  { name: "coredns", module: "coredns", package: ".", coldMinutes: 3 },
  {
    name: "registry",
    module: "stores",
    package: "github.com/distribution/distribution/v3/cmd/registry",
    coldMinutes: 2,
  },
  { name: "versitygw", module: "stores", package: "github.com/versity/versitygw/cmd/versitygw", coldMinutes: 2 },
] as const satisfies readonly Source[];

export type ProgramName = (typeof sources)[number]["name"];
/** Paths. */
export type Programs = Record<ProgramName, string>;

const buildTimeoutMs = 30 * 60_000;

export async function buildPrograms(onProgress: (what: string) => void): Promise<Programs> {
  const paths: [ProgramName, string][] = [];
  for (const source of sources) paths.push([source.name, await build(source, onProgress)]);
  return Object.fromEntries(paths) as Programs;
}

/** One after the other: each build uses all cores. */
async function build(source: Source, onProgress: (what: string) => void): Promise<string> {
  const folder = join(root, "test", "cluster", "binaries", source.module);
  const path = join(cacheFolder, "programs", `${source.name}-${await hashOf(source, folder)}`);
  if (existsSync(path)) return path;

  onProgress(`building ${source.name} from Go modules, once (up to ${source.coldMinutes} min)`);
  mkdirSync(join(cacheFolder, "programs"), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const flags = ["-trimpath", "-mod=readonly", "-ldflags", `-s -w ${source.linkerFlags ?? ""}`.trim()];
  try {
    await run("go", ["build", ...flags, "-o", unfinished, source.package], {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: "0" },
      timeoutMs: buildTimeoutMs,
    });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return path;
}

async function hashOf(source: Source, folder: string): Promise<string> {
  const hash = createHash("sha256")
    .update(JSON.stringify(source))
    .update(await run("go", ["env", "GOVERSION"]));
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 16);
}
