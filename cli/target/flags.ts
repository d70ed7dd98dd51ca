/** The options that name a platform, for commands that a user is advised to type. Each begins with a space. */

import { resolve } from "node:path";
import { defaultDataDir } from "./options.ts";
import type { Target } from "./target.ts";

/** Empty for the folder that is the default here. */
export function dataDirFlags(path: string): string {
  const usual = resolve(process.env.OCTOPLANE_DATA_DIR || defaultDataDir);
  return resolve(path) === usual ? "" : flag("data-dir", path);
}

export function flagsOf(target: Target): string {
  return target.kind === "embedded" ? dataDirFlags(target.folder.path) : clusterFlags(target);
}

/** The same platform for kubectl. */
export function kubectlFlags(target: Target): string {
  return target.kind === "embedded" ? flag("kubeconfig", target.folder.kubeconfig) : clusterFlags(target);
}

function clusterFlags({ wanted }: Target & { kind: "cluster" }): string {
  return flag("kubeconfig", wanted.kubeconfig) + flag("context", wanted.context);
}

function flag(name: string, value: string | undefined): string {
  return value === undefined ? "" : ` --${name} ${quoted(value)}`;
}

/** As a shell reads it back. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
