/**
 * WorkerAccount: one tenant, and the root of everything that serves it. It gathers the account's WorkerDeployments
 * into the wanted release, has it built, and moves the bundle to it when it is built; until then the last good one
 * serves. One bad script does not stop the others: it stays at its last built version, and the status says so.
 *
 * The parts: worker-account.claim.ts (whether it may act), worker-account.scripts.ts (which scripts take part),
 * worker-account.releases.ts (what the wanted release is, which releases stay), worker-account.bundle.ts (what is
 * served), worker-account.status.ts (what is said).
 */

import { Namespace } from "../../api/builtin.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { composite, relatedIn } from "../contract/composite.ts";
import { unknown, type Verdict } from "../contract/conditions.ts";
import { keep } from "../contract/keep.ts";
import type { Observed } from "../contract/observed.ts";
import { bundleFor, servedContent } from "./worker-account.bundle.ts";
import { claimOf, conflict, notEnabled, ownClaim, rivalRules } from "./worker-account.claim.ts";
import { buildingRelease, keptReleases, previousRelease, wantedRelease } from "./worker-account.releases.ts";
import { claimScripts } from "./worker-account.scripts.ts";
import { accountConditions, accountStatus } from "./worker-account.status.ts";

export const workerAccount = composite<WorkerAccount, WorkersSettings>({
  parent: WorkerAccount,
  children: [
    { kind: WorkerRelease, update: "InPlace" },
    { kind: WorkerBundle, update: "InPlace" },
    { kind: WorkerSubdomain, update: "InPlace" },
  ],
  related: [WorkerDeployment, WorkerSubdomain, Namespace],

  customize(parent) {
    const { name, namespace = "" } = parent.metadata;
    return [
      relatedIn(namespace, WorkerDeployment, { labelSelector: { matchLabels: { [accountLabel]: name } } }),
      ...rivalRules(parent),
    ];
  },

  sync(observed, settings) {
    const { parent } = observed;
    const disabled = notEnabled(observed);
    if (disabled !== undefined) return hidden(observed, disabled);

    const claim = claimOf(observed);
    const own = ownClaim(observed, claim);
    if (own === undefined) return claiming(observed, claim);
    const refusal = conflict(observed, own);
    if (refusal !== undefined) return hidden(observed, refusal, claim);

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
      children: [claim, ...kept, desiredBundle],
      status: accountStatus(parent, facts),
      conditions: accountConditions(facts),
    };
  },
});

/** Until the claim is stored nobody knows who holds the names: everything stays as it is. */
function claiming({ parent, children }: Observed<WorkerAccount>, claim: WorkerSubdomain) {
  const asking = unknown(
    "Claiming",
    `id ${claim.spec.account} and subdomain ${claim.spec.subdomain} are being claimed`,
  );
  return {
    children: [claim, ...children.all(WorkerRelease).map(keep), ...children.all(WorkerBundle).map(keep)],
    status: parent.status ?? {},
    conditions: { Ready: asking },
  };
}

/** What an account that may not act keeps: its releases, and its bundle without public addresses. */
function hidden({ children }: Observed<WorkerAccount>, refusal: Verdict, claim?: WorkerSubdomain) {
  const bundles = children.all(WorkerBundle).map((bundle) => {
    const workers = bundle.spec.workers?.map(({ host: _, ...worker }) => worker);
    return keep({ ...bundle, spec: { ...bundle.spec, ...(workers === undefined ? {} : { workers }) } });
  });
  return {
    children: [...(claim === undefined ? [] : [claim]), ...children.all(WorkerRelease).map(keep), ...bundles],
    status: {},
    conditions: { Ready: refusal },
  };
}
