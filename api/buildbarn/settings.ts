/** What the installation decides for all farms: the second input of every Buildbarn hook. */

import { type Static, Type } from "typebox";
import { list, optional, text } from "../schema.ts";

const imageReplacement = Type.Object(
  {
    name: text("Image without tag and digest, for example ghcr.io/buildbarn/bb-storage.", {
      minLength: 1,
      maxLength: 512,
    }),
    newName: optional(text("What is pulled instead; tag and digest stay.", { minLength: 1, maxLength: 512 })),
    newTag: optional(
      text("Tag instead of the one that is asked for, and of its digest.", {
        pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        maxLength: 128,
      }),
    ),
    digest: optional(
      text("Digest instead of tag and digest, where a copy has another.", { pattern: "^sha256:[0-9a-f]{64}$" }),
    ),
  },
  { description: "Another place for an image, as in a kustomization.", additionalProperties: false },
);
export type ImageReplacement = Static<typeof imageReplacement>;

export const buildbarnSettings = Type.Object(
  {
    clusterDomain: optional(
      text(
        "DNS domain of the cluster, for example cluster.local; addresses are written in full then. Default: pods complete them.",
        { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", maxLength: 253 },
      ),
    ),
    images: optional(
      list(
        "Images that are pulled from elsewhere, for example from a registry of one's own: those of the versions, and those that resources name.",
        imageReplacement,
      ),
    ),
  },
  { description: "Settings of the Buildbarn family.", additionalProperties: false },
);

export type BuildbarnSettings = Static<typeof buildbarnSettings>;
