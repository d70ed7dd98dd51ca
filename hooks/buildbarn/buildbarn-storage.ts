/**
 * BuildbarnStorage: blobs and results of actions on sharded volumes. A StatefulSet with one shard per pod, a headless
 * Service that gives each an address, and the order in which shards come and go (resharding.ts): its clients read the
 * map in this status, and tell in theirs which one they use.
 */

import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { configKeys } from "../../api/buildbarn/names.ts";
import { ConfigMap, PodDisruptionBudget, Service, StatefulSet } from "../../api/builtin.ts";
import { composite } from "../contract/composite.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { earliest } from "../contract/patience.ts";
import { rolloutOf } from "../kube/rollout.ts";
import { generatedStorage } from "./buildbarn-storage.config.ts";
import { publishedMap, shardFacts, shardsOf } from "./buildbarn-storage.shards.ts";
import { statefulSetOf, storagePorts } from "./buildbarn-storage.stateful-set.ts";
import { claimsOf, resizeUnsupported, volumeTooSmall } from "./buildbarn-storage.volumes.ts";
import { farmOf, nameRefusal, related } from "./discovery.ts";
import { pulledFrom } from "./images.ts";
import type { Settings } from "./kinds.ts";
import { disruptionBudgetOf, serviceOf } from "./network.ts";
import { neededConfigMaps, planOf } from "./plan.ts";
import { type Resharding, reshard } from "./resharding.ts";
import { componentStatusOf, conditionsOf, notStarted, refused, rollingSince } from "./status.ts";

export const buildbarnStorage = composite<BuildbarnStorage, Settings>({
  parent: BuildbarnStorage,
  children: [
    { kind: StatefulSet, update: "InPlace" },
    { kind: Service, update: "InPlace" },
    { kind: ConfigMap, update: "OnDelete" },
    { kind: PodDisruptionBudget, update: "InPlace" },
  ],
  related,
  customize: farmOf,

  sync(observed, settings) {
    const { parent, children, now } = observed;
    const refusal = nameRefusal(parent, observed.related);
    if (refusal !== undefined) return refused(refusal);

    const workload = children.get(StatefulSet, parent.metadata.name);
    const claims = claimsOf(parent, workload);
    const plan = planOf(observed, {
      workload,
      keys: [configKeys.storage],
      generate: () => volumeTooSmall(parent, claims) ?? generatedStorage(parent, claims),
    });
    const { ingredients } = plan;
    const network = [
      serviceOf(parent, storagePorts, { type: "ClusterIP", clusterIP: "None" }),
      disruptionBudgetOf(parent),
    ];
    const shards = shardFacts(observed, workload);
    const shardMap = publishedMap(workload, shards.lastRevision);
    if (ingredients === undefined) {
      const facts = { plan, workload, rollout: notStarted(plan) };
      const status = { ...componentStatusOf(parent, facts), shardMap };
      return { children: network, status, conditions: conditionsOf(facts) };
    }

    const resharding = reshard(shards);
    const desired = pulledFrom(statefulSetOf(parent, { ...resharding, ingredients, claims }), settings);
    const since = rollingSince(observed);
    const rollout = rolloutOf({ parent, stored: workload, desired, since, now });
    const complaints = [resizeUnsupported(parent, claims)];
    const facts = { plan, workload, rollout, complaints, underWay: underWay(parent, resharding) };
    return {
      children: [desired, ...network, ...neededConfigMaps(plan, rollout.phase === "Complete")],
      status: {
        ...componentStatusOf(parent, facts),
        shardMap,
        shards: shardsOf(parent, workload, resharding.pods, settings),
      },
      conditions: conditionsOf(facts),
      resyncAfterSeconds: earliest(rollout.askAgainAfter, resharding.askAgainAfter),
    };
  },
});

/** What the order of shards waits for. */
function underWay({ spec }: BuildbarnStorage, { pods, ledger, waitsFor }: Resharding): Verdict | undefined {
  if (waitsFor.length > 0) {
    const first = Math.max(spec.replicas, ledger.shards, ledger.previousShards ?? 0);
    return no("Shrinking", `shards ${first} to ${pods - 1} stay until ${waitsFor.join(", ")} let go of them`);
  }
  if (ledger.shards < spec.replicas) {
    return no("Growing", `clients know ${ledger.shards} of ${spec.replicas} shards: the new ones are not ready`);
  }
  if (ledger.previousShards === undefined) return undefined;
  return no("Migrating", `blobs are still looked for on the former ${ledger.previousShards} shards`);
}
