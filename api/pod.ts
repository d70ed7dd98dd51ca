/** Fields of pods that every family describes alike, in Kubernetes' own form. */

import type { Static } from "typebox";
import { choice, list, long, mapOf, numberOrText, optional, type Rule, struct, text } from "./schema.ts";

export type Quantity = number | string;
export type Quantities = Record<string, Quantity>;

const quantityPattern = "^[0-9]+(m|([.][0-9]{1,3})?(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$";
const labelValuePattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";

export const quantity = (description: string, fallback?: string) =>
  numberOrText(description, {
    pattern: quantityPattern,
    maxLength: 24,
    ...(fallback === undefined ? {} : { default: fallback }),
  });

/**
 * Of a disk: up to a million TiB, so that it is a number of bytes that computers can count. A text only: its length
 * bounds what rules may cost that look at it.
 */
export const diskSize = (description: string, fallback?: string) =>
  text(description, {
    pattern: "^[0-9]{1,6}([.][0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)?$",
    maxLength: 16,
    ...(fallback === undefined ? {} : { default: fallback }),
  });

export const labelValue = text("Value of the label.", { pattern: labelValuePattern, maxLength: 63 });

export const resources = (description: string) =>
  struct(description, {
    limits: optional(mapOf("Upper bounds, for example memory: 512Mi.", quantity("Quantity."))),
    requests: optional(mapOf("What is reserved, for example cpu: 50m.", quantity("Quantity."))),
  });
export type Resources = Static<ReturnType<typeof resources>>;

export const scalingRule: Rule = {
  rule: "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
  message: "minReplicas must not be larger than maxReplicas",
};

export const tolerationRule: Rule = {
  rule: "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
  message: "key may be left out with operator Exists only",
};

export const toleration = struct(
  "A taint that is tolerated.",
  {
    key: optional(
      text("Key of the taint; none means every key, with operator Exists.", { minLength: 1, maxLength: 316 }),
    ),
    operator: optional(choice("How the value is compared. Default Equal.", ["Equal", "Exists"])),
    value: optional(text("Value of the taint.", { maxLength: 63 })),
    effect: optional(
      choice("Effect of the taint. Default: every one.", ["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ),
    tolerationSeconds: optional(long("How long a NoExecute taint is tolerated. Default: for ever.")),
  },
  { rules: [tolerationRule] },
);

export const tolerations = (description: string) => list(description, toleration);
