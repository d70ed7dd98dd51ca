/** The part of status that every driven kind has. */

import type { Static } from "typebox";
import { choice, list, listMap, long, optional, struct, text, time } from "./schema.ts";

const condition = struct("One observation about the object.", {
  type: text("What is observed, for example Ready.", { maxLength: 316 }),
  status: choice("Whether it holds.", ["True", "False", "Unknown"]),
  reason: text("Why, as one CamelCase word for programs.", { maxLength: 1024 }),
  message: text("Why, for people.", { maxLength: 32768 }),
  lastTransitionTime: time("When the status last changed."),
  observedGeneration: optional(long("The generation of the object that this speaks of.")),
});

const pendingChild = struct("A child that is wanted and not yet there.", {
  kind: text("Kind of the child."),
  name: text("Name of the child."),
  since: time("When it was first asked for."),
});

export const statusFields = {
  observedGeneration: optional(long("The generation of the object that this status speaks of.")),
  conditions: optional(listMap("Observations; Ready is the summary.", ["type"], condition)),
  pendingChildren: optional(
    list("Children that were asked for and are not there yet; one that stays missing makes Ready false.", pendingChild),
  ),
};

export type Condition = Static<typeof condition>;
export type PendingChild = Static<typeof pendingChild>;
