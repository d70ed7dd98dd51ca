/**
 * WorkerDeployment: one script. It resolves the version that should serve, so that nothing above reads versions, and
 * keeps as many versions as the history wants. With a `template` (kubectl) it makes the WorkerVersion itself, as a
 * Deployment makes a ReplicaSet.
 */

import { Secret } from "../../api/builtin.ts";
import { accountLabel, type ResolvedVersion } from "../../api/workers/fields.ts";
import { envPrefix } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { composite, relatedIn } from "../contract/composite.ts";
import { no, unknown, type Verdict, yes } from "../contract/conditions.ts";
import { keep } from "../contract/keep.ts";
import type { Observed } from "../contract/observed.ts";
import { foreignUrl, templateVersion } from "./worker-deployment.template.ts";

const defaultHistory = 100;

export const workerDeployment = composite<WorkerDeployment, WorkersSettings>({
  parent: WorkerDeployment,
  children: [{ kind: WorkerVersion, update: "OnDelete" }],
  related: [Secret],

  customize(parent) {
    const secret = parent.spec.template?.secretRef;
    return secret === undefined ? [] : [relatedIn(parent.metadata.namespace ?? "", Secret, { names: [secret] })];
  },

  sync(observed, settings) {
    const { parent } = observed;
    const stored = observed.children.all(WorkerVersion);
    const made = templateVersion(parent, stored, settings);
    const versions = made === undefined ? stored : [...stored.filter((version) => !isSame(version, made)), made];

    const head = headVersion(parent, versions, made);
    const refusal = refused(parent, head, settings);
    const serving = head !== undefined && refusal === undefined ? [resolved(head, observed)] : parent.status?.serving;

    return {
      children: keptVersions(parent, versions).map((version) => (version === made ? made : keep(version))),
      status: {
        serving,
        latestVersion: newestFirst(versions)[0]?.metadata.name,
        versionCount: keptVersions(parent, versions).length,
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
function refused(
  parent: WorkerDeployment,
  head: WorkerVersion | undefined,
  settings: WorkersSettings,
): Verdict | undefined {
  const account = parent.metadata.labels?.[accountLabel];
  if (account === undefined) {
    return no("NoAccount", `metadata.labels.${accountLabel} is not set; it names the WorkerAccount of the script`);
  }
  const url = foreignUrl(parent, account, settings);
  if (url !== undefined) {
    return no(
      "ForeignUrl",
      `spec.template.scriptsUrls: "${url}" is not in the account's own prefix accounts/${account}/`,
    );
  }
  if (head === undefined) return undefined;
  const script = parent.spec.template?.scriptName ?? parent.spec.scriptName;
  const { accounts, scripts, url: prefix } = head.spec;
  if (accounts !== account || scripts !== script || !prefix.startsWith(`accounts/${account}/`)) {
    return no(
      "ForeignVersion",
      `version ${head.metadata.name} belongs to script ${scripts} of account ${accounts} (${prefix}), not to ${script} of ${account}`,
    );
  }
  return undefined;
}

function resolved(version: WorkerVersion, { related }: Observed): ResolvedVersion {
  const { scripts, url, digest, compatibilityDate, scriptsUrls, secretRef, secretNames } = version.spec;
  const secret = scriptsUrls === undefined || secretRef === undefined ? undefined : related.get(Secret, secretRef);
  return {
    script: scripts,
    version: version.metadata.name,
    url,
    envPrefix: envPrefix(scripts),
    ...(digest === undefined ? {} : { digest }),
    ...(scriptsUrls === undefined ? {} : { scriptsUrls }),
    ...(scriptsUrls === undefined || compatibilityDate === undefined ? {} : { compatibilityDate }),
    ...(secretNames === undefined ? {} : { secretNames }),
    ...(secretRef === undefined ? {} : { secretRef }),
    ...(secret?.metadata.resourceVersion === undefined ? {} : { secretRevision: secret.metadata.resourceVersion }),
  };
}

function newestFirst(versions: readonly WorkerVersion[]): WorkerVersion[] {
  const key = ({ spec, metadata }: WorkerVersion) => [spec.sequence ?? 0, metadata.name] as const;
  return [...versions].sort((a, b) => {
    const [sequenceA, nameA] = key(a);
    const [sequenceB, nameB] = key(b);
    return sequenceB - sequenceA || (nameA < nameB ? 1 : -1);
  });
}

/** The newest ones, deployed or not, and every one that a listed deployment names: it may be rolled back to. */
function keptVersions(parent: WorkerDeployment, versions: readonly WorkerVersion[]): WorkerVersion[] {
  const limit = parent.spec.releaseHistoryLimit ?? defaultHistory;
  const deployed = new Set(
    (parent.spec.deployments ?? []).flatMap((deployment) => deployment.versions.map(({ name }) => name)),
  );
  return newestFirst(versions).filter((version, rank) => rank < limit || deployed.has(version.metadata.name));
}

function readiness(parent: WorkerDeployment, head: WorkerVersion | undefined): Verdict {
  if (head !== undefined) return yes("Resolved", `version ${head.metadata.name} is to serve`);
  const wanted = headName(parent);
  if (wanted === undefined) return unknown("NothingDeployed", "no version has been deployed yet");
  return no("VersionMissing", `version ${wanted} is to serve and does not exist; what was resolved before stays`);
}
