/**
 * What a build is told: its inputs as a ConfigMap that never changes, since a hundred workers do not fit into an
 * environment variable (the kernel's limit is 128 KiB). Its name holds the hash of every input, as the Job's does.
 */

import { ConfigMap } from "../../api/builtin.ts";
import { accountLabel, type ResolvedVersion } from "../../api/workers/fields.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import { envPrefix } from "../../api/workers/names.ts";
import { childName, contentHash } from "../contract/names.ts";
import { childOf } from "../kube/object.ts";

export const workersFile = "workers.json";

/** The account that pays: named, or else the bundle's name, where a JobBuilder is written by hand. */
export function accountOf({ spec }: JobBuilder): string {
  return spec.accounts ?? spec.workerBundleName;
}

/** The workers in detail; a JobBuilder written by hand may give only names and prefixes. */
export function workersOf({ spec }: JobBuilder): ResolvedVersion[] {
  if (spec.workers !== undefined) return spec.workers;
  return spec.scriptNames.map((script, index) => {
    const url = spec.scriptUrls[index] ?? "";
    return { script, version: url, url, envPrefix: envPrefix(script) };
  });
}

/** What the image depends on, as the builder reads it. */
function plan(parent: JobBuilder) {
  return workersOf(parent).map(({ script, url, digest, compatibilityDate, scriptsUrls, secretNames, envPrefix }) => ({
    script,
    url,
    digest,
    compatibilityDate,
    scriptsUrls,
    secretNames,
    envPrefix,
  }));
}

export function inputsHash(parent: JobBuilder): string {
  const { targetImage, runtimeBase } = parent.spec;
  return contentHash({ plan: plan(parent), targetImage, runtimeBase });
}

/** The plan of a build, for all of its attempts. */
export function planOf(parent: JobBuilder): ConfigMap {
  const name = childName([parent.metadata.name, inputsHash(parent)]);
  const labels = { [accountLabel]: accountOf(parent) };
  return childOf(
    parent,
    ConfigMap,
    { name, labels },
    { immutable: true, data: { [workersFile]: JSON.stringify(plan(parent)) } },
  );
}
