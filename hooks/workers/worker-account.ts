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
import { composite, relatedAnywhere, relatedIn } from "../contract/composite.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { notObserved } from "../contract/errors.ts";
import { keep } from "../contract/keep.ts";
import { isTerminating, type Observed } from "../contract/observed.ts";
import { byAge } from "../kube/object.ts";
import { bundleFor, servedContent, subdomainOf } from "./worker-account.bundle.ts";
import { buildingRelease, keptReleases, previousRelease, wantedRelease } from "./worker-account.releases.ts";
import { claimScripts } from "./worker-account.scripts.ts";
import { accountConditions, accountStatus } from "./worker-account.status.ts";

const enabled = { [namespaceLabel]: "enabled" };

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
      relatedAnywhere(Namespace, { matchLabels: enabled }),
      relatedAnywhere(WorkerAccount, {}),
    ];
  },

  sync(observed, settings) {
    const { parent } = observed;
    checkCaches(observed);
    const refusal = notEnabled(observed) ?? conflict(observed);
    if (refusal !== undefined) return refusedAnswer(observed, refusal);

    const releases = observed.children.all(WorkerRelease);
    const bundle = observed.children.get(WorkerBundle, parent.spec.workerBundleName);
    const claims = claimScripts(observed.related.all(WorkerDeployment));

    const wanted = wantedRelease(parent, claims.scripts, releases, bundle, settings);
    const building = buildingRelease(wanted, releases);
    const content = servedContent(wanted, claims.scripts, bundle);
    const serving = content?.release;
    const previous = previousRelease(serving, releases, bundle);
    const desiredBundle = bundleFor(parent, content, previous, claims.scripts, settings);
    const kept = keptReleases(parent, { building, serving, previous, releases, scripts: claims.scripts });

    const facts = { wanted, building, claims, releases, bundle, desiredBundle, settings };
    return {
      children: [...kept, desiredBundle],
      status: accountStatus(parent, facts),
      conditions: accountConditions(facts),
    };
  },
});

/** The account is among the related accounts, always; without it, the others cannot be trusted to be complete. */
function checkCaches({ parent, related }: Observed<WorkerAccount>): void {
  if (related.all(WorkerAccount).some((other) => isSameObject(other, parent))) return;
  throw notObserved(`WorkerAccount ${parent.metadata.name} is not among the related accounts yet`);
}

function isEnabled(namespace: string | undefined, { related }: Observed<WorkerAccount>): boolean {
  return related
    .all(Namespace)
    .some(({ metadata }) => metadata.name === namespace && metadata.labels?.[namespaceLabel] === "enabled");
}

/** Accounts exist only where an administrator wants them: anybody may be allowed to create objects in a namespace. */
function notEnabled(observed: Observed<WorkerAccount>): Verdict | undefined {
  const name = observed.parent.metadata.namespace;
  if (isEnabled(name, observed)) return undefined;
  return no(
    "NamespaceNotEnabled",
    `namespace ${name} may not hold accounts; an administrator allows it with: kubectl label namespace ${name} ${namespaceLabel}=enabled`,
  );
}

function isSameObject(a: WorkerAccount, b: WorkerAccount): boolean {
  return a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}

/** Two accounts that claim one id or one subdomain: the oldest has it. One that may not exist claims nothing. */
function conflict(observed: Observed<WorkerAccount>): Verdict | undefined {
  const { parent, related } = observed;
  const claimsSame = (other: WorkerAccount) =>
    other.metadata.name === parent.metadata.name || subdomainOf(other) === subdomainOf(parent);

  const winner = related
    .all(WorkerAccount)
    .filter((other) => isEnabled(other.metadata.namespace, observed) && !isTerminating(other) && claimsSame(other))
    .sort(byAge)[0];
  if (winner === undefined || isSameObject(winner, parent)) return undefined;

  const what =
    winner.metadata.name === parent.metadata.name ? `id ${parent.metadata.name}` : `subdomain ${subdomainOf(parent)}`;
  return no(
    "Conflict",
    `${what} belongs to the older WorkerAccount ${winner.metadata.namespace}/${winner.metadata.name}`,
  );
}

/** What an account that may not act keeps: its releases, and its bundle without public addresses. */
function refusedAnswer({ children }: Observed<WorkerAccount>, refusal: Verdict) {
  const hidden = children.all(WorkerBundle).map((bundle) => {
    const workers = bundle.spec.workers?.map(({ host: _, ...worker }) => worker);
    return keep({ ...bundle, spec: { ...bundle.spec, ...(workers === undefined ? {} : { workers }) } });
  });
  return {
    children: [...children.all(WorkerRelease).map(keep), ...hidden],
    status: {},
    conditions: { Ready: refusal },
  };
}
