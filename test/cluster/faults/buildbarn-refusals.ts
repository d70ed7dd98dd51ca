/** What the rules of the Buildbarn kinds keep out. */

import { BuildbarnBrowser } from "../../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../../api/buildbarn/buildbarn-worker.ts";
import type { Kind } from "../../../api/kind.ts";
import { farmKinds } from "../../../hooks/buildbarn/kinds.ts";
import { named, type Refusal, withSpec } from "./refusal.ts";

export const buildbarnKinds = farmKinds as unknown as readonly Kind[];

function ofEveryKind(kind: Kind): Refusal[] {
  const nameRule =
    "metadata.name names Services and pods, too: at most 52 lower-case letters, digits and dashes, a letter first";
  return [
    { what: `a ${kind.kind} with a long name`, kind, field: "", message: nameRule, wrong: named("a".repeat(53)) },
    { what: `a ${kind.kind} that begins with a digit`, kind, field: "", message: nameRule, wrong: named("1a") },
    {
      what: `a ${kind.kind} that tolerates without a key`,
      kind,
      field: "spec.tolerations[]",
      message: "key may be left out with operator Exists only",
      wrong: withSpec({ tolerations: [{ effect: "NoSchedule" }, { key: "a", operator: "Exists" }] }),
    },
  ];
}

const rights = new Map<unknown, readonly string[]>([
  [BuildbarnStorage, ["get", "put", "findMissing"]],
  [BuildbarnFrontend, ["get", "put", "findMissing", "execute"]],
  [BuildbarnScheduler, ["execute", "modifyDrains", "killOperations", "synchronize"]],
  [BuildbarnBrowser, ["view"]],
]);

/** Each policy has its own field. */
function ofRights(kind: Kind): Refusal[] {
  return (rights.get(kind) ?? []).flatMap((right) => {
    const refusal = (policy: string, more: object, owner: string, message: string): Refusal => ({
      what: `${owner} of a ${kind.kind} where policy is ${policy}: ${right}`,
      kind,
      field: `spec.auth.${right}`,
      message,
      wrong: withSpec({ auth: { [right]: { policy, ...more } } }),
    });
    const prefixes = "instanceNamePrefixes belongs to policy InstanceNamePrefixes and must be there with it";
    const expression = "expression belongs to policy Expression and must be there with it";
    return [
      refusal("InstanceNamePrefixes", {}, "no prefixes", prefixes),
      refusal("Allow", { instanceNamePrefixes: ["a"] }, "prefixes", prefixes),
      refusal("Expression", {}, "no expression", expression),
      refusal("Deny", { expression: "`true`" }, "an expression", expression),
    ];
  });
}

const claim = { metadata: { name: "cas" }, spec: { resources: { requests: { storage: "1Gi" } } } };
const property = { name: "OSFamily", value: "linux" };

export const buildbarnRefusals: Refusal[] = [
  ...buildbarnKinds.flatMap(ofEveryKind),
  ...buildbarnKinds.flatMap(ofRights),
  {
    what: "two volumes for one store",
    kind: BuildbarnStorage as unknown as Kind,
    field: "spec.volumeClaimTemplates",
    message: "volumeClaimTemplates must have one entry per name: cas, ac, fsac",
    wrong: withSpec({ volumeClaimTemplates: [claim, claim] }),
  },
  {
    what: "actions that take longer than they may",
    kind: BuildbarnScheduler as unknown as Kind,
    field: "spec",
    message: "defaultExecutionTimeoutSeconds must not be larger than maximumExecutionTimeoutSeconds",
    wrong: withSpec({ defaultExecutionTimeoutSeconds: 61, maximumExecutionTimeoutSeconds: 60 }),
  },
  {
    what: "a property that is there twice",
    kind: BuildbarnWorker as unknown as Kind,
    field: "spec.platform",
    message: "platform must not have the same property with the same value twice",
    wrong: withSpec({ platform: [property, property] }),
  },
  {
    what: "an autoscaler with more pods at least than at most",
    kind: BuildbarnWorker as unknown as Kind,
    field: "spec.autoscaling",
    message: "minReplicas must not be larger than maxReplicas",
    wrong: withSpec({ autoscaling: { minReplicas: 3, maxReplicas: 2 } }),
  },
];
