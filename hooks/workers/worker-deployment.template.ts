/** The version that a WorkerDeployment's `template` asks for. */

import { isoDate } from "../../api/workers/compatibility-date.ts";
import { accountLabel, scriptLabel } from "../../api/workers/fields.ts";
import { blobKey, isAccountKey } from "../../api/workers/location.ts";
import { labelFor } from "../../api/workers/object-names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { contentUuid } from "../contract/names.ts";
import { childOf, filled } from "../kube/object.ts";

/** The first file that another tenant may own; undefined when all lie in the account's own prefix. */
export function foreignUrl(parent: WorkerDeployment, account: string, settings: WorkersSettings): string | undefined {
  return parent.spec.template?.scriptsUrls.find((url) => !isAccountKey(account, blobKey(settings.blobStore, url)));
}

/** The Secret that the template names; an empty name is none. */
export function secretOf({ spec }: WorkerDeployment): string | undefined {
  return filled({ secret: spec.template?.secretRef }).secret;
}

function nextSequence(name: string, versions: readonly WorkerVersion[]): number {
  const same = versions.find((version) => version.metadata.name === name);
  return same?.spec.sequence ?? Math.max(0, ...versions.map(({ spec }) => spec.sequence ?? 0)) + 1;
}

/** The WorkerVersion of the template: its name is made of its content, so an unchanged template is one version. */
export function templateVersion(
  parent: WorkerDeployment,
  versions: readonly WorkerVersion[],
  settings: WorkersSettings,
): WorkerVersion | undefined {
  const { template } = parent.spec;
  const account = parent.metadata.labels?.[accountLabel];
  if (template === undefined || account === undefined || foreignUrl(parent, account, settings) !== undefined) {
    return undefined;
  }
  const { scriptName, secretNames } = template;
  const scriptsUrls = template.scriptsUrls.map((url) => blobKey(settings.blobStore, url));
  const content = {
    accounts: account,
    scripts: scriptName,
    url: `accounts/${account}/`,
    compatibilityDate: isoDate(template.compatibilityDate),
    scriptsUrls,
    source: "kubectl",
    ...filled({ secretRef: secretOf(parent) }),
    ...(secretNames === undefined ? {} : { secretNames }),
  };
  const name = contentUuid({ parent: parent.metadata.name, ...content });
  return childOf(
    parent,
    WorkerVersion,
    { name, labels: { [accountLabel]: account, ...labelFor(scriptLabel, scriptName) } },
    { spec: { ...content, sequence: nextSequence(name, versions) } },
  );
}
