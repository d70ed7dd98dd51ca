/**
 * WorkerDeployment: one script. It resolves the version that should serve, so that nothing above reads versions, and
 * keeps as many versions as the history wants. With a `template` (kubectl) it makes the WorkerVersion itself, as a
 * Deployment makes a ReplicaSet.
 */

import { Secret } from "../../api/builtin.ts";
import { accountLabel, type ResolvedVersion } from "../../api/workers/fields.ts";
import { envPrefix } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { tokenLabel } from "../../api/workers/token.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { composite, relatedIn } from "../contract/composite.ts";
import { no, unknown, type Verdict, yes } from "../contract/conditions.ts";
import { keep } from "../contract/keep.ts";
import type { Observed } from "../contract/observed.ts";
import { inOrder } from "../contract/order.ts";
import { filled } from "../kube/object.ts";
import { foreignUrl, secretOf, templateVersion } from "./worker-deployment.template.ts";

const defaultHistory = 100;

export const workerDeployment = composite<WorkerDeployment, WorkersSettings>({
  parent: WorkerDeployment,
  children: [{ kind: WorkerVersion, update: "OnDelete" }],
  related: [Secret],

  customize(parent) {
    const secret = secretOf(parent);
    return secret === undefined ? [] : [relatedIn(parent.metadata.namespace ?? "", Secret, { names: [secret] })];
  },

  sync(observed, settings) {
    const { parent } = observed;
    const stored = observed.children.all(WorkerVersion);
    const made = templateVersion(parent, stored, settings);
    const versions = made === undefined ? stored : [...stored.filter((version) => !isSame(version, made)), made];

    const head = headVersion(parent, versions, made);
    const refusal = refused(observed, head, settings);
    const serving = head !== undefined && refusal === undefined ? [resolved(head, observed)] : parent.status?.serving;

    const kept = keptVersions(parent, versions, head);
    return {
      children: kept.map((version) => (version === made ? made : keep(version))),
      status: {
        serving,
        latestVersion: newestFirst(versions)[0]?.metadata.name,
        versionCount: kept.length,
      },
      conditions: { Ready: refusal ?? readiness(parent, head) },
    };
  },
});

function isSame(a: WorkerVersion, b: WorkerVersion): boolean {
  return a.metadata.name === b.metadata.name;
}

/** The version that should serve: the template's, or the one that the newest deployment names. */
function headVersion(parent: WorkerDeployment, versions: WorkerVersion[], made: WorkerVersion | undefined) {
  if (parent.spec.template !== undefined) return made;
  return versions.find((version) => version.metadata.name === headName(parent));
}

function headName(parent: WorkerDeployment): string | undefined {
  return parent.spec.deployments?.[0]?.versions[0]?.name;
}

/** Why the head must not serve; undefined when it may. */
function refused(observed: Observed<WorkerDeployment>, head: WorkerVersion | undefined, settings: WorkersSettings) {
  const { parent } = observed;
  const account = parent.metadata.labels?.[accountLabel];
  if (account === undefined) {
    return no("NoAccount", `metadata.labels.${accountLabel} is not set; it names the WorkerAccount of the script`);
  }
  return (
    foreignFile(parent, account, settings) ??
    foreignVersion(parent, account, head) ??
    missingSecret(observed) ??
    reservedSecret(observed, settings)
  );
}

function foreignFile(parent: WorkerDeployment, account: string, settings: WorkersSettings): Verdict | undefined {
  const url = foreignUrl(parent, account, settings);
  if (url === undefined) return undefined;
  return no(
    "ForeignUrl",
    `spec.template.scriptsUrls: "${url}" is not in the account's own prefix accounts/${account}/`,
  );
}

function foreignVersion(
  parent: WorkerDeployment,
  account: string,
  head: WorkerVersion | undefined,
): Verdict | undefined {
  if (head === undefined) return undefined;
  const script = parent.spec.template?.scriptName ?? parent.spec.scriptName;
  const { accounts, scripts, url } = head.spec;
  if (accounts === account && scripts === script && url.startsWith(`accounts/${account}/`)) return undefined;
  return no(
    "ForeignVersion",
    `version ${head.metadata.name} belongs to script ${scripts} of account ${accounts} (${url}), not to ${script} of ${account}`,
  );
}

/** Pods cannot start without it, and what serves must not be rolled because it is gone for a moment. */
function missingSecret({ parent, related }: Observed<WorkerDeployment>): Verdict | undefined {
  const secret = secretOf(parent);
  if (secret === undefined || related.get(Secret, secret) !== undefined) return undefined;
  return no("SecretMissing", `spec.template.secretRef: there is no Secret ${secret} in the namespace`);
}

/** A script can read what its Secret holds, and the namespace also holds what is not for tenants. */
function reservedSecret(
  { parent, related }: Observed<WorkerDeployment>,
  settings: WorkersSettings,
): Verdict | undefined {
  const name = secretOf(parent);
  const secret = name === undefined ? undefined : related.get(Secret, name);
  const reason = secret === undefined ? undefined : reservedFor(secret, settings);
  if (reason === undefined) return undefined;
  return no("SecretReserved", `spec.template.secretRef: the Secret ${name} ${reason}`);
}

function reservedFor({ metadata, type = "Opaque" }: Secret, { credentials }: WorkersSettings): string | undefined {
  const { registrySecret, s3Secret } = credentials ?? {};
  if ([registrySecret, s3Secret].includes(metadata.name)) return "holds credentials of the installation";
  if (metadata.labels?.[tokenLabel] !== undefined) return "holds the tokens of an account";
  if (type !== "Opaque") return `is of type ${type}; scripts may name Opaque ones`;
  return undefined;
}

function resolved(version: WorkerVersion, { parent, related }: Observed): ResolvedVersion {
  const { scripts, url, digest, compatibilityDate, scriptsUrls, secretRef, secretNames } = version.spec;
  const isFiles = scriptsUrls !== undefined;
  const secret = isFiles && secretRef !== undefined ? related.get(Secret, secretRef) : undefined;
  return {
    script: scripts,
    version: version.metadata.name,
    url,
    envPrefix: envPrefix(scripts),
    ...(isFiles ? filled({ scriptsUrls, compatibilityDate }) : {}),
    ...filled({ digest, secretNames, secretRef }),
    ...filled({ secretRevision: secret?.metadata.resourceVersion, owner: parent.metadata.uid }),
  };
}

function newestFirst(versions: readonly WorkerVersion[]): WorkerVersion[] {
  const sequence = ({ spec }: WorkerVersion) => spec.sequence ?? 0;
  return [...versions].sort((a, b) => sequence(b) - sequence(a) || inOrder(b.metadata.name, a.metadata.name));
}

/** The newest ones, deployed or not, the head, and every one that a listed deployment names: it may be rolled back to. */
function keptVersions(
  parent: WorkerDeployment,
  versions: readonly WorkerVersion[],
  head: WorkerVersion | undefined,
): WorkerVersion[] {
  const limit = parent.spec.releaseHistoryLimit ?? defaultHistory;
  const deployments = parent.spec.deployments ?? [];
  const needed = new Set(deployments.flatMap((deployment) => deployment.versions.map(({ name }) => name)));
  if (head !== undefined) needed.add(head.metadata.name);
  return newestFirst(versions).filter((version, rank) => rank < limit || needed.has(version.metadata.name));
}

function readiness(parent: WorkerDeployment, head: WorkerVersion | undefined): Verdict {
  if (head !== undefined) return yes("Resolved", `version ${head.metadata.name} is to serve`);
  const wanted = headName(parent);
  if (wanted === undefined) return unknown("NothingDeployed", "no version has been deployed yet");
  return no("VersionMissing", `version ${wanted} is to serve and does not exist; what was resolved before stays`);
}
