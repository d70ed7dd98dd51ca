/** The releases of an account: what the wanted one holds, when an image is taken over, and which ones stay. */

import { accountLabel, type ResolvedVersion } from "../../api/workers/fields.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { childName, contentHash } from "../contract/names.ts";
import { byAge, childOf } from "../kube/object.ts";
import type { Script } from "./worker-account.scripts.ts";

/** The image of a release that is built; undefined while it is not. */
export function imageOf(release: WorkerRelease | undefined): string | undefined {
  return release?.spec.image ?? release?.status?.image;
}

export function isBuilt(release: WorkerRelease): boolean {
  return imageOf(release) !== undefined;
}

/** The scripts in it; a release written by hand may name none. */
export function workersOf({ spec }: WorkerRelease): readonly ResolvedVersion[] {
  return spec.workers ?? [];
}

/** Whether a build has shown that this version's code does not work. */
export function isBad(entry: ResolvedVersion, releases: readonly WorkerRelease[]): boolean {
  return releases.some((release) => isEvidenceAgainst(entry, release));
}

function isEvidenceAgainst({ script, version }: ResolvedVersion, release: WorkerRelease): boolean {
  const culprit = release.status?.failedWorker;
  return culprit !== undefined && culprit.script === script && culprit.version === version;
}

/** Built releases, the one that serves first, then the newest. */
function builtReleases(releases: readonly WorkerRelease[], serving: string | undefined): WorkerRelease[] {
  const newestFirst = releases.filter(isBuilt).sort(byAge).reverse();
  return [
    ...newestFirst.filter(({ metadata }) => metadata.name === serving),
    ...newestFirst.filter(({ metadata }) => metadata.name !== serving),
  ];
}

/** What the bundle serves; releases may be gone, but what is told to the bundle is known from the bundle itself. */
function servedVersions(bundle: WorkerBundle | undefined): ResolvedVersion[] {
  return (bundle?.spec.workers ?? []).flatMap(
    ({ workerName, workerNumber: _, host: __, version, envPrefix, ...code }) =>
      version === undefined || envPrefix === undefined ? [] : [{ script: workerName, version, envPrefix, ...code }],
  );
}

/**
 * A bad head is replaced by the script's last good version: the one that serves, or else the last built one. A script
 * that was never built is left out, and the code of a deleted script of the same name does not come back.
 */
function pinned({ head }: Script, releases: readonly WorkerRelease[], good: readonly ResolvedVersion[]) {
  if (!isBad(head, releases)) return head;
  return good.find((entry) => entry.script === head.script && entry.owner === head.owner && !isBad(entry, releases));
}

/** What a worker adds to the image: its code, not its version, its secrets or its host. */
function buildInput({ script, url, digest, compatibilityDate, scriptsUrls, secretNames, envPrefix }: ResolvedVersion) {
  return digest === undefined
    ? { script, url, compatibilityDate, scriptsUrls, secretNames, envPrefix }
    : { script, digest, envPrefix };
}

function buildInputs(workers: readonly ResolvedVersion[]): string {
  return contentHash(workers.map(buildInput), 32);
}

/** The release that holds every script as wanted; undefined while there is no script. */
export function wantedRelease(
  parent: WorkerAccount,
  scripts: readonly Script[],
  releases: readonly WorkerRelease[],
  bundle: WorkerBundle | undefined,
  settings: WorkersSettings,
): WorkerRelease | undefined {
  const built = builtReleases(releases, bundle?.spec.release);
  const good = [...servedVersions(bundle), ...built.flatMap(workersOf)];
  const workers = scripts.map((script) => pinned(script, releases, good)).filter((entry) => entry !== undefined);
  if (workers.length === 0) return undefined;

  const inputs = buildInputs(workers);
  const twin = built.find((release) => buildInputs(workersOf(release)) === inputs);
  // What is built stays on its base: an upgrade of the platform rebuilds nobody by itself.
  const runtimeBase = twin?.spec.runtimeBase ?? settings.runtimeBase;
  const buildHash = contentHash({ inputs, runtimeBase }, 24);
  const account = parent.metadata.name;
  const name = childName([account, contentHash({ workers, runtimeBase })]);
  const image = imageOf(twin);

  return releaseObject(parent, name, {
    accounts: account,
    workerVersions: Object.fromEntries(workers.map(({ script, url }) => [script, url ?? ""])),
    workers,
    runtimeBase,
    buildHash,
    targetImage: `${settings.imagePrefix}/${account}:${buildHash}`,
    workerBundleName: parent.spec.workerBundleName,
    ...(image === undefined ? {} : { image }),
  });
}

function releaseObject(parent: WorkerAccount, name: string, spec: WorkerRelease["spec"]): WorkerRelease {
  const labels = { [accountLabel]: parent.metadata.name, ...parent.spec.workerReleaseSelector.matchLabels };
  return childOf(parent, WorkerRelease, { name, labels }, { spec });
}

/** An observed release as it should stay: once it is built, its image moves into its spec and its build may go. */
function settled(parent: WorkerAccount, release: WorkerRelease): WorkerRelease {
  const image = imageOf(release);
  return releaseObject(parent, release.metadata.name, { ...release.spec, ...(image === undefined ? {} : { image }) });
}

function isBeingBuilt(release: WorkerRelease, buildHash: string | undefined): boolean {
  return !isBuilt(release) && release.status?.failedWorker === undefined && release.spec.buildHash === buildHash;
}

/**
 * The release whose build gives the wanted image: the wanted one itself, unless the same content is being built already
 * for an older one. A change of secrets in the middle of a build must not start it again.
 */
export function buildingRelease(
  wanted: WorkerRelease | undefined,
  releases: readonly WorkerRelease[],
): WorkerRelease | undefined {
  if (wanted === undefined || wanted.spec.image !== undefined) return wanted;
  return releases.filter((release) => isBeingBuilt(release, wanted.spec.buildHash)).sort(byAge)[0] ?? wanted;
}

/**
 * The release that is served before `serving`. Only the bundle knows: it says both in one object, while a status may be
 * older than what was told to the bundle since.
 */
export function previousRelease(
  serving: string | undefined,
  releases: readonly WorkerRelease[],
  bundle: WorkerBundle | undefined,
): string | undefined {
  const { release: told, previousRelease: before } = bundle?.spec ?? {};
  const previous = told === serving ? before : told;
  return releases.find(({ metadata }) => metadata.name === previous)?.metadata.name;
}

interface Standing {
  building: WorkerRelease | undefined;
  serving: string | undefined;
  previous: string | undefined;
  releases: readonly WorkerRelease[];
  scripts: readonly Script[];
}

/**
 * The releases that stay: the one that is built or wanted, the serving one, the one before it, as many built ones as
 * the history wants, and for each bad head one failed release, which is the only evidence that it is bad.
 */
export function keptReleases(parent: WorkerAccount, { building, serving, previous, releases, scripts }: Standing) {
  const history = builtReleases(releases, serving)
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== serving && name !== previous)
    .slice(0, parent.spec.releaseHistoryLimit ?? 0);
  const evidence = scripts.map(
    ({ head }) => releases.find((release) => isEvidenceAgainst(head, release))?.metadata.name,
  );

  const names = new Set([serving, previous, ...history, ...evidence]);
  const kept = releases.filter(({ metadata }) => names.has(metadata.name) && metadata.name !== building?.metadata.name);
  return [...(building === undefined ? [] : [building]), ...kept].map((release) => settled(parent, release));
}
