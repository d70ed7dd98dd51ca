/**
 * What an account needs before it may act: a namespace that an administrator has enabled, and an id and a subdomain
 * that nobody has claimed before. Claims are objects of their own, found by label, so that an account looks at its
 * rivals only: if every account looked at all others, each change of one would ask the hooks of all.
 */

import { Namespace } from "../../api/builtin.ts";
import { subdomainOf } from "../../api/workers/address.ts";
import { accountLabel, namespaceLabel, subdomainLabel } from "../../api/workers/fields.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { relatedAnywhere, relatedNamed } from "../contract/composite.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { notObserved } from "../contract/errors.ts";
import { isTerminating, type Observed } from "../contract/observed.ts";
import { inOrder } from "../contract/order.ts";
import { byAge, childOf } from "../kube/object.ts";

/** Which objects decide: the namespace, and every claim to the same id or the same subdomain. */
export function rivalRules(parent: WorkerAccount) {
  const { name, namespace = "" } = parent.metadata;
  return [
    relatedNamed(Namespace, [namespace]),
    relatedAnywhere(WorkerSubdomain, { matchLabels: { [accountLabel]: name } }),
    relatedAnywhere(WorkerSubdomain, { matchLabels: { [subdomainLabel]: subdomainOf(parent) } }),
  ];
}

/** Accounts exist only where an administrator wants them: anybody may be allowed to create objects in a namespace. */
export function notEnabled({ parent, related }: Observed<WorkerAccount>): Verdict | undefined {
  const name = parent.metadata.namespace ?? "";
  const namespace = related.get(Namespace, name);
  if (namespace === undefined) throw notObserved(`Namespace ${name} is not among the related objects yet`);
  if (namespace.metadata.labels?.[namespaceLabel] === "enabled") return undefined;
  return no(
    "NamespaceNotEnabled",
    `namespace ${name} may not hold accounts; an administrator allows it with: kubectl label namespace ${name} ${namespaceLabel}=enabled`,
  );
}

/** The claim as it should be stored. A subdomain that is claimed already is so since then, any other since now. */
export function claimOf({ parent, children, now }: Observed<WorkerAccount>): WorkerSubdomain {
  const account = parent.metadata.name;
  const subdomain = subdomainOf(parent);
  const stored = children.get(WorkerSubdomain, account)?.spec;
  const since = stored?.subdomain === subdomain ? stored.since : now;
  return childOf(
    parent,
    WorkerSubdomain,
    { name: account, labels: { [accountLabel]: account, [subdomainLabel]: subdomain } },
    { spec: { account, subdomain, since } },
  );
}

/** The stored claim, once it is what it should be. */
export function ownClaim({ children }: Observed<WorkerAccount>, wanted: WorkerSubdomain): WorkerSubdomain | undefined {
  const stored = children.find(wanted);
  return stored?.spec.subdomain === wanted.spec.subdomain ? stored : undefined;
}

/** Without its account a claim is nobody's: the account was deleted and the rest was to stay. */
function isHeld({ metadata }: WorkerSubdomain): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === WorkerAccount.kind) ?? false;
}

function isSameObject(a: WorkerSubdomain, b: WorkerSubdomain): boolean {
  return a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}

function bySubdomainAge(a: WorkerSubdomain, b: WorkerSubdomain): number {
  const key = ({ spec, metadata }: WorkerSubdomain) => `${spec.since} ${metadata.namespace}/${metadata.name}`;
  return inOrder(key(a), key(b));
}

function lostTo(winner: WorkerSubdomain | undefined, own: WorkerSubdomain, what: string): Verdict | undefined {
  if (winner === undefined || isSameObject(winner, own)) return undefined;
  const { namespace, name } = winner.metadata;
  return no("Conflict", `${what} belongs to WorkerAccount ${namespace}/${name}, which claimed it first`);
}

/**
 * Why an account with this claim may not act: an older claim to the same. The own claim is among the related ones,
 * always; without it, the others cannot be trusted to be complete.
 */
export function conflict({ related }: Observed<WorkerAccount>, own: WorkerSubdomain): Verdict | undefined {
  const claims = related.all(WorkerSubdomain).filter((claim) => isHeld(claim) && !isTerminating(claim));
  if (!claims.some((claim) => isSameObject(claim, own))) {
    throw notObserved(`WorkerSubdomain ${own.metadata.name} is not among the related objects yet`);
  }
  const { account, subdomain } = own.spec;
  const [firstOfId] = claims.filter(({ spec }) => spec.account === account).sort(byAge);
  const [firstOfSubdomain] = claims.filter(({ spec }) => spec.subdomain === subdomain).sort(bySubdomainAge);
  return lostTo(firstOfId, own, `id ${account}`) ?? lostTo(firstOfSubdomain, own, `subdomain ${subdomain}`);
}
