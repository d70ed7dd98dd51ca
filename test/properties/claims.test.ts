import fc from "fast-check";
import { expect, test } from "vitest";
import { Namespace } from "../../api/builtin.ts";
import { isAccepted, subdomainOf } from "../../api/workers/address.ts";
import { namespaceLabel } from "../../api/workers/fields.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { type AnyComposite, composites } from "../../hooks/composites.ts";
import type { HookError } from "../../hooks/contract/errors.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { account, namespaceObject, settings } from "../objects/workers.ts";
import { all, type Cluster, collectGarbage, create, keyOf, latest, newCluster, remove, update } from "./cluster.ts";
import { type Cache, fresh, type Lag, parentsOf, sync } from "./metacontroller.ts";
import { randomFrom } from "./random.ts";
import { runs, timeout } from "./runs.ts";

/** Accounts of few names and subdomains in two namespaces, so that many claim the same. */
const names = ["acme", "shop", "acme-2"];
const subdomains = [undefined, "acme", "shop"];
const namespaces = ["team", "other"];
const composite = composites.find(({ parent }) => parent.kind === WorkerAccount.kind) as AnyComposite;

interface World {
  cluster: Cluster;
  cache: Cache;
  lag: Lag;
  /** Keys of accounts that were accepted and that no user has touched since. */
  accepted: Set<string>;
}

function newWorld(lag: Lag): World {
  const cluster = newCluster();
  for (const name of namespaces) {
    const { namespace: _, ...metadata } = namespaceObject(name).metadata;
    create(cluster, { apiVersion: "v1", kind: Namespace.kind, metadata });
  }
  return { cluster, cache: new Map(), lag, accepted: new Set() };
}

function objectsOf<T>({ cluster }: World, { kind }: { kind: string }): T[] {
  return all(cluster).filter((object) => object.kind === kind) as T[];
}

function reasonOf({ status }: WorkerAccount): string | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready")?.reason;
}

function isEnabled({ cluster }: World, namespace = ""): boolean {
  return latest(cluster, `v1/Namespace//${namespace}`)?.metadata.labels?.[namespaceLabel] === "enabled";
}

/** What users and administrators do to one account, or to its namespace. */
const acts = {
  write(world: World, key: string, namespace: string, name: string, subdomain: string | undefined) {
    const { spec } = account({ workerBundleName: name, ...(subdomain === undefined ? {} : { subdomain }) });
    const known = latest(world.cluster, key);
    if (known !== undefined) update(world.cluster, { ...known, spec });
    else create(world.cluster, { ...account({}, { name }), metadata: { name, namespace }, spec } as AnyObject);
    world.accepted.delete(key);
  },
  delete(world: World, key: string) {
    remove(world.cluster, key);
    world.accepted.delete(key);
  },
  label(world: World, _: string, namespace: string) {
    const object = latest(world.cluster, `v1/Namespace//${namespace}`) as AnyObject;
    const labels = { [namespaceLabel]: isEnabled(world, namespace) ? "no" : "enabled" };
    update(world.cluster, { ...object, metadata: { ...object.metadata, labels } });
    const ofNamespace = [...world.accepted].filter((key) => key.includes(`/${namespace}/`));
    for (const key of ofNamespace) world.accepted.delete(key);
  },
  garbage: ({ cluster }: World) => void collectGarbage(cluster),
};

/** With caches that are not late, what an account holds nobody takes from it. */
function syncOne(world: World, key: string): void {
  try {
    sync(world.cluster, composite, key, settings, world.cache, world.lag);
  } catch (error) {
    if (world.lag === fresh || (error as HookError).code !== "NotObserved") throw error;
  }
  const stored = latest(world.cluster, key) as WorkerAccount | undefined;
  if (stored === undefined) return;
  if (world.lag === fresh && world.accepted.has(key)) expect(isAccepted(stored)).toBe(true);
  // While it claims another subdomain it still says the one that it had.
  if (reasonOf(stored) === "NoWorkers") world.accepted.add(key);
}

function rest(world: World): void {
  const settled: World = { ...world, lag: fresh, cache: new Map(), accepted: new Set() };
  collectGarbage(world.cluster);
  for (let round = 0; round < 10; round++) {
    const before = world.cluster.revision;
    for (const key of parentsOf(world.cluster, composite)) {
      world.cluster.now += 1000;
      syncOne(settled, key);
    }
    if (world.cluster.revision === before) return;
  }
  expect.fail("the accounts never come to rest");
}

function claimOf(world: World, { metadata }: WorkerAccount): WorkerSubdomain | undefined {
  const claims = objectsOf<WorkerSubdomain>(world, WorkerSubdomain);
  return claims.find(({ metadata: own }) => own.ownerReferences?.[0]?.uid === metadata.uid);
}

function isBefore(a: WorkerSubdomain, b: WorkerSubdomain): boolean {
  const isOlder = `${a.metadata.creationTimestamp}` < `${b.metadata.creationTimestamp}`;
  return (
    (a.spec.account === b.spec.account && isOlder) ||
    (a.spec.subdomain === b.spec.subdomain && a.spec.since < b.spec.since)
  );
}

/** An account has its names exactly if nobody has claimed one of them before. */
function checkRest(world: World): void {
  const accounts = objectsOf<WorkerAccount>(world, WorkerAccount);
  const enabled = accounts.filter(({ metadata }) => isEnabled(world, metadata.namespace));
  const claims = objectsOf<WorkerSubdomain>(world, WorkerSubdomain);
  expect(claims).toHaveLength(enabled.length);
  for (const one of accounts.filter((each) => !enabled.includes(each)))
    expect(reasonOf(one)).toBe("NamespaceNotEnabled");
  for (const one of enabled) {
    const own = claimOf(world, one);
    expect(own?.spec).toMatchObject({ account: one.metadata.name, subdomain: subdomainOf(one) });
    const isLate = claims.some((other) => own !== undefined && isBefore(other, own));
    expect(reasonOf(one)).toBe(isLate ? "Conflict" : "NoWorkers");
    expect(isAccepted(one)).toBe(!isLate);
  }
}

const step = fc.record({
  what: fc.constantFrom("write", "write", "write", "delete", "label", "garbage", ...Array(12).fill("sync")),
  name: fc.constantFrom(...names),
  namespace: fc.constantFrom(...namespaces),
  subdomain: fc.constantFrom(...subdomains),
});

test.each([
  ["with fresh caches", false],
  ["with late caches", true],
])("%s, whoever claims first has an id and a subdomain, until the claim ends", { timeout }, (_, isLate) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: "max" }), fc.nat(), (steps, seed) => {
      const random = randomFrom(seed);
      const lag: Lag = (most) => (random.oneIn(2) ? random.below(most + 1) : 0);
      const world = newWorld(isLate ? lag : fresh);
      for (const { what, name, namespace, subdomain } of steps) {
        world.cluster.now += 1000;
        const key = keyOf({ ...account(), metadata: { name, namespace } } as AnyObject);
        if (what !== "sync") acts[what as keyof typeof acts](world, key, namespace, name, subdomain);
        else if (latest(world.cluster, key) !== undefined) syncOne(world, key);
      }
      rest(world);
      checkRest(world);
    }),
    runs(40),
  );
});
