/** What the resources need. Pure. When in doubt, more. */

import type { Deployment, Job } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import { storeRoot } from "../../api/workers/location.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerRelease } from "../../api/workers/worker-release.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import { any, type References } from "./item.ts";
import type { Resources } from "./resources.ts";

/** @param storeUrl URL of the blob store: resources may name blobs by key or by URL. */
export function referencesOf(resources: Resources, storeUrl: string): References {
  const root = storeRoot(storeUrl);
  const claims = [
    ...resources.scripts.flatMap(ofScript),
    ...resources.versions.flatMap(ofVersion),
    ...resources.releases.flatMap(ofRelease),
    ...resources.builders.flatMap(ofBuilder),
    ...resources.bundles.flatMap(ofBundle),
    ...resources.jobs.flatMap(ofJob),
    ...resources.deployments.flatMap(ofDeployment),
  ];
  return new Set(claims.map((claim) => claim.replace(`blob:${root}`, "blob:")));
}

/** Code, wherever a resource describes it. */
interface Code {
  url?: string;
  digest?: string;
  scriptsUrls?: string[];
  secretRef?: string;
}

function ofCode(owner: KubernetesObject, account: string, { url, digest, scriptsUrls, secretRef }: Code): string[] {
  // A version that a template made has files of its own; its url is only the account's whole folder.
  const blobs = scriptsUrls ?? (url === undefined ? [] : [url]);
  // Its digest is known to builds only: whether its layer is needed, the images tell.
  const layers = digest === undefined ? [] : [`layer:${account}/${digest}`];
  return [...blobs.map(blob), ...layers, ...secret(owner, secretRef)];
}

function blob(location: string): string {
  return `blob:${location.replace(/\/+$/, "")}`;
}

function secret({ metadata }: KubernetesObject, name: string | undefined): string[] {
  return name === undefined || name === "" ? [] : [`secret:${metadata.namespace ?? ""}/${name}`];
}

/** `host:port/path/<account>:<tag>`; an image that is named by its digest may have any tag. */
function image(reference: string | undefined): string[] {
  const [, account, tag] = /([^/:@]+)(?::([^/:@]+))?(?:@[^/@]+)?$/.exec(reference ?? "") ?? [];
  return account === undefined ? [] : [`image:${account}:${tag ?? any}`];
}

function ofScript(script: WorkerDeployment): string[] {
  const account = script.metadata.labels?.[accountLabel] ?? "";
  const { template } = script.spec;
  return [...(script.status?.serving ?? []), ...(template === undefined ? [] : [template])].flatMap((code) =>
    ofCode(script, account, code),
  );
}

function ofVersion(version: WorkerVersion): string[] {
  return ofCode(version, version.spec.accounts, version.spec);
}

function ofRelease(release: WorkerRelease): string[] {
  const { accounts, workers = [], workerVersions, targetImage, image: built } = release.spec;
  return [
    ...workers.flatMap((worker) => ofCode(release, accounts, worker)),
    ...unresolved(release, accounts, workers, Object.values(workerVersions)),
    ...[targetImage, built, release.status?.image].flatMap(image),
  ];
}

function ofBuilder(builder: JobBuilder): string[] {
  const { accounts, workerBundleName, workers = [], scriptUrls, targetImage } = builder.spec;
  const account = accounts ?? workerBundleName;
  const { report } = builder.status ?? {};
  return [
    ...workers.flatMap((worker) => ofCode(builder, account, worker)),
    ...unresolved(builder, account, workers, scriptUrls),
    ...image(targetImage),
    ...(report === undefined ? [] : [blob(report)]),
  ];
}

/** Written by hand, a release or a build may give prefixes only. */
function unresolved(owner: KubernetesObject, account: string, workers: readonly Code[], urls: readonly string[]) {
  return workers.length > 0 ? [] : urls.flatMap((url) => ofCode(owner, account, { url }));
}

function ofBundle(bundle: WorkerBundle): string[] {
  const secrets = (bundle.spec.workers ?? []).flatMap(({ secretRef }) => secret(bundle, secretRef));
  return [...image(bundle.spec.podTemplate.image), ...secrets];
}

/** What the builder of the Job was told: it may be about to write both. */
function ofJob({ spec }: Job): string[] {
  const variables = (spec?.template.spec?.containers ?? []).flatMap(({ env = [] }) => env);
  const value = (name: string) => variables.find((variable) => variable.name === name)?.value;
  const report = value("REPORT");
  return [...image(value("TARGET_IMAGE")), ...(report === undefined ? [] : [blob(report)])];
}

function ofDeployment(deployment: Deployment): string[] {
  const { containers = [], initContainers = [] } = deployment.spec?.template.spec ?? {};
  return [...initContainers, ...containers].flatMap((container) => [
    ...image(container.image),
    ...(container.envFrom ?? []).flatMap(({ secretRef }) => secret(deployment, secretRef?.name)),
  ]);
}
