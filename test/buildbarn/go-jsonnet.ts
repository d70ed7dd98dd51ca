/** go-jsonnet, with which Buildbarn evaluates its configuration, as a program. */

import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../cluster/harness/run.ts";
import { builtGoProgram } from "../go-program.ts";
import { which } from "../which.ts";
import type { Program } from "./farm.ts";

/** Why it cannot be had here. */
export const reasonAgainstJsonnet =
  which("go") === undefined ? "go-jsonnet is built with Go, which is not installed" : undefined;

const program = { name: "jsonnet", module: "jsonnet", package: ".", coldMinutes: 1 };
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "octoplane", "buildbarn");

/** What became of a file: its value, or why it has none. */
export interface Answer {
  value?: unknown;
  error?: string;
}

/** Evaluates files as programs do that find these variables in their environment; answers are in the same order. */
export type Evaluate = (files: readonly Pick<Program, "title" | "text" | "variables">[]) => Promise<Answer[]>;

export async function goJsonnet(onProgress: (what: string) => void): Promise<Evaluate> {
  const path = await builtGoProgram(program, { modules: import.meta.dirname, cache, onProgress });
  return async (files) => {
    const input = JSON.stringify(files.map(({ title: name, text, variables }) => ({ name, text, variables })));
    return JSON.parse(await run(path, [], { input })) as Answer[];
  };
}
