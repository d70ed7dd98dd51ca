/**
 * What must fit together in one resource, and cannot be said by a schema: CEL for the API server. The hooks check the
 * same (hooks/buildbarn/validation.ts), for API servers that do not evaluate it, and answer with the same words.
 */

import type { Rule } from "../schema.ts";
import { storeNames } from "./names.ts";

/** Pods, Services and hosts are named after the resource: room is left for what Kubernetes appends. */
export const childNameRule: Rule = {
  rule: "self.metadata.name.size() <= 52 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
  message:
    "metadata.name names Services and pods, too: at most 52 lower-case letters, digits and dashes, a letter first",
};

export const configShardsRule: Rule = {
  rule: "!has(self.configShards) || (has(self.configMapName) && self.configMapName != '')",
  message: "configShards speaks of configuration that is written by hand: it needs configMapName",
};

export const prefixesRule: Rule = {
  rule: "(self.policy == 'InstanceNamePrefixes') == has(self.instanceNamePrefixes)",
  message: "instanceNamePrefixes belongs to policy InstanceNamePrefixes and must be there with it",
};

export const expressionRule: Rule = {
  rule: "(self.policy == 'Expression') == has(self.expression)",
  message: "expression belongs to policy Expression and must be there with it",
};

/** Words of addresses of blobs, which are made of an instance name and one of these. */
const reserved = "blobs uploads actions actionResults operations capabilities compressed-blobs".split(" ");
/** An empty part, or one that is a word of addresses. */
export const wrongInstanceName = `(^|/)(${reserved.join("|")})?(/|$)`;

export const instanceNameRule: Rule = {
  rule: `self == '' || !self.matches('${wrongInstanceName}')`,
  message: `parts of an instance name are separated by one slash each, and none is ${reserved.join(", ")}`,
};

export const timeoutRule: Rule = {
  rule: "self.defaultExecutionTimeoutSeconds <= self.maximumExecutionTimeoutSeconds",
  message: "defaultExecutionTimeoutSeconds must not be larger than maximumExecutionTimeoutSeconds",
};

export const propertyRule: Rule = {
  rule: "self.all(a, self.exists_one(b, b.name == a.name && b.value == a.value))",
  message: "platform must not have the same property with the same value twice",
};

export const claimRule: Rule = {
  rule: "self.all(a, self.exists_one(b, b.metadata.name == a.metadata.name))",
  message: "volumeClaimTemplates must have one entry per name: cas, ac, fsac",
};

const bytes = (store: string, field: string) =>
  `(has(self.volumes.${store}.${field}) ? self.volumes.${store}.${field} : 0)`;

/**
 * A template may say another size than the field: the hook knows which one counts. Whether blocks hold the largest
 * message, and what a pool's disk has to hold, follows from sizes that the hooks work out (volumeTooSmall, diskTooSmall):
 * they alone say it, so that the arithmetic is there once.
 */
export const sizeRule: Rule = {
  rule: [
    "has(self.volumeClaimTemplates)",
    storeNames
      .map((store) => {
        const used = `${bytes(store, "keyLocationMapBytes")} + ${bytes(store, "blocksBytes")}`;
        return `quantity(self.volumes.${store}.size).asApproximateFloat() >= double(${used})`;
      })
      .join(" && "),
  ].join(" || "),
  message: "volumes: keyLocationMapBytes and blocksBytes of a store must not be more than its size",
};
