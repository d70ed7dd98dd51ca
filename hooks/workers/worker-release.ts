/**
 * WorkerRelease: one content of an account. It has a JobBuilder until its image is known in the spec: then the build
 * and its Job go, and the release stands for the image alone.
 */

import { accountLabel, isScriptName, type ResolvedVersion } from "../../api/workers/fields.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { envPrefix } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { composite } from "../contract/composite.ts";
import { no, speaksOfSpec, unknown, yes } from "../contract/conditions.ts";
import { keep } from "../contract/keep.ts";
import { contentHash } from "../contract/names.ts";
import { inOrder } from "../contract/order.ts";
import { passedOn } from "../contract/pending.ts";
import { childOf } from "../kube/object.ts";

export const workerRelease = composite<WorkerRelease, WorkersSettings>({
  parent: WorkerRelease,
  children: [{ kind: JobBuilder, update: "InPlace" }],

  sync({ parent, children }, settings) {
    const { image } = parent.spec;
    if (image !== undefined) {
      const built = yes("ImagePushed", `image ${image}`);
      return { children: [], status: { image }, conditions: { Ready: built, Built: built } };
    }

    const name = invalidName(parent);
    if (name !== undefined) {
      const refusal = no("InvalidName", `spec.workerVersions: "${name}" is no name of a script`);
      return {
        children: children.all(JobBuilder).map(keep),
        status: {},
        conditions: { Ready: refusal, Built: refusal },
      };
    }

    const builder = buildOf(parent, settings);
    const observed = current(children.find(builder));
    const built = passedOn(observed, "Built", unknown("Building", "the build is being created"));
    return {
      children: [builder],
      status: { image: observed?.status?.image, failedWorker: observed?.status?.failedWorker },
      conditions: { Ready: built, Built: built },
    };
  },
});

/** Written by hand, keys may be anything: a schema cannot check them. */
function invalidName({ spec }: WorkerRelease): string | undefined {
  return spec.workers === undefined ? Object.keys(spec.workerVersions).find((name) => !isScriptName(name)) : undefined;
}

/** What a build says of an older spec is not about this release. */
function current(builder: JobBuilder | undefined): JobBuilder | undefined {
  return builder !== undefined && speaksOfSpec(builder) ? builder : undefined;
}

/** The workers in detail; a release written by hand may give only names and prefixes. */
function workersOf({ spec }: WorkerRelease): ResolvedVersion[] {
  if (spec.workers !== undefined) return spec.workers;
  return Object.entries(spec.workerVersions)
    .sort(([a], [b]) => inOrder(a, b))
    .map(([script, url]) => ({ script, version: url, url, envPrefix: envPrefix(script) }));
}

function buildOf(parent: WorkerRelease, settings: WorkersSettings): JobBuilder {
  const { accounts, runtimeBase = settings.runtimeBase, targetImage, workerBundleName } = parent.spec;
  const workers = workersOf(parent);
  const tag = contentHash({ workers, runtimeBase }, 24);
  return childOf(
    parent,
    JobBuilder,
    { name: parent.metadata.name, labels: { [accountLabel]: accounts } },
    {
      spec: {
        accounts,
        scriptNames: workers.map(({ script }) => script),
        scriptUrls: workers.map(({ url, script }) => url ?? script),
        workers,
        runtimeBase,
        targetImage: targetImage ?? `${settings.imagePrefix}/${accounts}:${tag}`,
        workerBundleName: workerBundleName ?? accounts,
      },
    },
  );
}
