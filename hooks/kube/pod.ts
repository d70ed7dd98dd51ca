/** The security of every pod that Octoplane makes: Pod Security `restricted`. */

import type { PodSecurityContext, SecurityContext } from "kubernetes-types/core/v1.js";

/** A user that owns nothing; the images are built for it. */
const nobody = 65532;

export const restrictedPod: PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: nobody,
  runAsGroup: nobody,
  fsGroup: nobody,
  seccompProfile: { type: "RuntimeDefault" },
};

export const restrictedContainer: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
