/** What an account serves: the wanted release once it is built, until then what the bundle serves already. */

import { hostOf } from "../../api/workers/address.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import { socketName } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import { type BundleWorker, WorkerBundle } from "../../api/workers/worker-bundle.ts";
import type { WorkerRelease } from "../../api/workers/worker-release.ts";
import { childOf, filled } from "../kube/object.ts";
import { workersOf } from "./worker-account.releases.ts";
import type { Script } from "./worker-account.scripts.ts";

/** The first worker's port; the others follow in the order of their names. */
const firstPort = 8080;

export interface Content {
  release: string;
  image: string;
  workers: BundleWorker[];
  /** Sockets of the image: more than the workers while a removed script is still in it. */
  sockets: string[];
}

function contentOf(release: WorkerRelease, image: string): Content {
  const workers = workersOf(release).map(({ script, ...resolved }, index) => ({
    workerName: script,
    workerNumber: firstPort + index,
    ...resolved,
  }));
  return {
    release: release.metadata.name,
    image,
    workers,
    sockets: workers.map(({ workerName }) => socketName(workerName)),
  };
}

function servedAlready(bundle: WorkerBundle | undefined): Content | undefined {
  const { release, workers, sockets, podTemplate } = bundle?.spec ?? {};
  if (release === undefined || workers === undefined || sockets === undefined || podTemplate?.image === undefined)
    return undefined;
  return { release, image: podTemplate.image, workers, sockets };
}

/**
 * A removed script stops at once, also when a new one has its name; its code stays in the image until the next one is
 * built.
 */
export function servedContent(
  wanted: WorkerRelease | undefined,
  scripts: readonly Script[],
  bundle: WorkerBundle | undefined,
): Content | undefined {
  const image = wanted?.spec.image;
  const content = wanted !== undefined && image !== undefined ? contentOf(wanted, image) : servedAlready(bundle);
  if (content === undefined) return undefined;

  const owners = new Map(scripts.map(({ name, head }) => [name, head.owner]));
  const isPresent = ({ workerName, owner }: BundleWorker) => owners.has(workerName) && owners.get(workerName) === owner;
  const workers = content.workers.filter(isPresent);
  return workers.length === 0 ? undefined : { ...content, workers };
}

/** The host of a script; none without a public address. */
export function publicHost(script: Script, parent: WorkerAccount, settings: WorkersSettings): string | undefined {
  return script.isPublic ? hostOf(parent, script.name, settings) : undefined;
}

function withHost({ host: _, ...worker }: BundleWorker, host: string | undefined): BundleWorker {
  return host === undefined ? worker : { ...worker, host };
}

export function bundleFor(
  parent: WorkerAccount,
  content: Content | undefined,
  previousRelease: string | undefined,
  scripts: readonly Script[],
  settings: WorkersSettings,
): WorkerBundle {
  const { workerBundleName, ingress, podTemplate } = parent.spec;
  const { imagePullSecret, ...pod } = podTemplate;
  const hosts = new Map(scripts.map((script) => [script.name, publicHost(script, parent, settings)]));

  return childOf(
    parent,
    WorkerBundle,
    { name: workerBundleName, labels: { [accountLabel]: parent.metadata.name } },
    {
      spec: {
        deploymentName: workerBundleName,
        ...(content === undefined
          ? {}
          : {
              release: content.release,
              sockets: content.sockets,
              workers: content.workers.map((worker) => withHost(worker, hosts.get(worker.workerName))),
            }),
        ...filled({ previousRelease }),
        // Never empty: where the last field of an object goes, server-side apply leaves null, which is no object.
        podTemplate: {
          replicas: 1,
          ...pod,
          ...filled({ imagePullSecret, image: content?.image }),
        },
        ...(ingress === undefined ? {} : { ingress }),
      },
    },
  );
}
