/** The cluster's programs, built once from Go modules. */

import { join } from "node:path";
import { builtGoProgram, type GoProgram } from "../../go-program.ts";
import { cacheFolder, root } from "./folders.ts";

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
] as const satisfies readonly GoProgram[];

export type ProgramName = (typeof sources)[number]["name"];
/** Paths. */
export type Programs = Record<ProgramName, string>;

/** One after the other: each build uses all cores. */
export async function buildPrograms(onProgress: (what: string) => void): Promise<Programs> {
  const modules = join(root, "test", "cluster", "binaries");
  const build = { modules, cache: join(cacheFolder, "programs"), onProgress };
  const paths: [ProgramName, string][] = [];
  for (const source of sources) paths.push([source.name, await builtGoProgram(source, build)]);
  return Object.fromEntries(paths) as Programs;
}
