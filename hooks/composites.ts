/**
 * The one table of composites. Routes of the hook server, CompositeController manifests, CRDs and the RBAC rules of
 * children all follow from it.
 */

import type { Kind } from "../api/kind.ts";
import type { KubernetesObject } from "../api/resource.ts";
import type { Settings } from "../api/settings.ts";
import { WorkerSubdomain } from "../api/workers/worker-subdomain.ts";
import { WorkerVersion } from "../api/workers/worker-version.ts";
import { buildbarnComposites } from "./buildbarn/composites.ts";
import type { Composite } from "./contract/composite.ts";
import { workersComposites } from "./workers/composites.ts";

export type { Settings };

export type AnyComposite = Composite<KubernetesObject, Settings>;

/** A composite fits its own parent only; which one that is, the request says again. */
export const composites = [...workersComposites, ...buildbarnComposites] as unknown as readonly AnyComposite[];

/** Kinds without a hook of their own. */
export const records: readonly Kind[] = [WorkerVersion, WorkerSubdomain];
