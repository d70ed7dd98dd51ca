/** What the installation decides for all farms: the second input of every Buildbarn hook. */

import { type Static, Type } from "typebox";
import { optional, text } from "../schema.ts";

export const buildbarnSettings = Type.Object(
  {
    clusterDomain: optional(
      text(
        "DNS domain of the cluster, for example cluster.local; addresses are written in full then. Default: pods complete them.",
        { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", maxLength: 253 },
      ),
    ),
  },
  { description: "Settings of the Buildbarn family.", additionalProperties: false },
);

export type BuildbarnSettings = Static<typeof buildbarnSettings>;
