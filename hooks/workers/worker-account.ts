/**
 * WorkerAccount: one tenant, and the root of everything that serves it. It gathers the account's WorkerDeployments
 * into the wanted release, has it built, and moves the bundle to it when it is built; until then the last good one
 * serves. One bad script does not stop the others: it stays at its last built version, and the status says so.
 *
 * The parts: worker-account.scripts.ts (which scripts take part), worker-account.releases.ts (what the wanted release
 * is, which releases stay), worker-account.bundle.ts (what is served), worker-account.status.ts (what is said).
 */

import { Namespace } from "../../api/builtin.ts";
import { accountLabel, namespaceLabel } from "../../api/workers/fields.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { composite, relatedAnywhere, relatedCluster, relatedIn } from "../contract/composite.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { keep } from "../contract/keep.ts";
import { isTerminating, type Observed } from "../contract/observed.ts";
import { byAge } from "../kube/object.ts";
import { bundleFor, servedContent, subdomainOf } from "./worker-account.bundle.ts";
import { keptReleases, wantedRelease } from "./worker-account.releases.ts";
import { claimScripts } from "./worker-account.scripts.ts";
import { accountConditions, accountStatus } from "./worker-account.status.ts";

export const workerAccount = composite<WorkerAccount, WorkersSettings>({
  parent: WorkerAccount,
  children: [
    { kind: WorkerRelease, update: "InPlace" },
    { kind: WorkerBundle, update: "InPlace" },
  ],
  related: [WorkerDeployment, WorkerAccount, Namespace],

  customize({ metadata: { name, namespace = "" } }) {
    return [
      relatedIn(namespace, WorkerDeployment, { labelSelector: { matchLabels: { [accountLabel]: name } } }),
      relatedCluster(Namespace, [namespace]),
      relatedAnywhere(WorkerAccount, {}),
    ];
  },

  sync(observed, settings) {
    const { parent } = observed;
    const refusal = notEnabled(observed) ?? conflict(observed);
    if (refusal !== undefined) return refusedAnswer(observed, refusal);

    const releases = observed.children.all(WorkerRelease);
    const bundle = observed.children.get(WorkerBundle, parent.spec.workerBundleName);
    const claims = claimScripts(observed.related.all(WorkerDeployment));

    const wanted = wantedRelease(parent, claims.scripts, releases, bundle, settings);
    const content = servedContent(wanted, claims.scripts, bundle);
    const desiredBundle = bundleFor(parent, content, claims.scripts, settings);
    const kept = keptReleases(parent, { wanted, content, releases, scripts: claims.scripts, bundle });

    const facts = { wanted, claims, releases, bundle, desiredBundle, settings };
    return {
      children: [...kept.releases, desiredBundle],
      status: { ...accountStatus(parent, facts), previousRelease: kept.previous },
      conditions: accountConditions(facts),
    };
  },
});

/** Accounts exist only where an administrator wants them: anybody may be allowed to create objects in a namespace. */
function notEnabled({ parent, related }: Observed<WorkerAccount>): Verdict | undefined {
  const name = parent.metadata.namespace ?? "";
  if (related.get(Namespace, name)?.metadata.labels?.[namespaceLabel] === "enabled") return undefined;
  return no(
    "NamespaceNotEnabled",
    `namespace ${name} may not hold accounts; an administrator allows it with: kubectl label namespace ${name} ${namespaceLabel}=enabled`,
  );
}

function isSameObject(a: WorkerAccount, b: WorkerAccount): boolean {
  return a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}

/** Two accounts that claim one id or one subdomain: the oldest has it. */
function conflict({ parent, related }: Observed<WorkerAccount>): Verdict | undefined {
  const claimsSame = (other: WorkerAccount) =>
    other.metadata.name === parent.metadata.name || subdomainOf(other) === subdomainOf(parent);

  const winner = related
    .all(WorkerAccount)
    .filter((other) => !isSameObject(other, parent) && !isTerminating(other) && claimsSame(other))
    .sort(byAge)[0];
  if (winner === undefined || byAge(parent, winner) < 0) return undefined;

  const what =
    winner.metadata.name === parent.metadata.name ? `id ${parent.metadata.name}` : `subdomain ${subdomainOf(parent)}`;
  return no(
    "Conflict",
    `${what} belongs to the older WorkerAccount ${winner.metadata.namespace}/${winner.metadata.name}`,
  );
}

/** What an account that may not act keeps: its releases, and its bundle without public addresses. */
function refusedAnswer({ parent, children }: Observed<WorkerAccount>, refusal: Verdict) {
  const hidden = children.all(WorkerBundle).map((bundle) => {
    const workers = bundle.spec.workers?.map(({ host: _, ...worker }) => worker);
    return keep({ ...bundle, spec: { ...bundle.spec, ...(workers === undefined ? {} : { workers }) } });
  });
  return {
    children: [...children.all(WorkerRelease).map(keep), ...hidden],
    status: { previousRelease: parent.status?.previousRelease },
    conditions: { Ready: refusal },
  };
}
