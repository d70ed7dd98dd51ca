/** A workload with all that belongs to it, as far as the caller may read it. */

import type * as apps from "kubernetes-types/apps/v1.js";
import { Deployment, Event, Job, Pod, StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { KubernetesClient } from "../client.ts";
import { KubernetesError } from "../error.ts";
import type { CallOptions } from "../transport.ts";

export interface DiagnosedObject {
  kind: "Job" | "Deployment" | "StatefulSet" | "Pod";
  namespace: string;
  name: string;
}

export type ReplicaSet = Omit<apps.ReplicaSet, "metadata"> & KubernetesObject;
const ReplicaSet: Resource<ReplicaSet> = {
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  namespaced: true,
};

export interface Workload {
  target: DiagnosedObject;
  job?: Job | undefined;
  deployment?: Deployment | undefined;
  /** That of the newest template; the others are on their way out. */
  replicaSet?: ReplicaSet | undefined;
  statefulSet?: StatefulSet | undefined;
  /** Newest first; of a Deployment, those of the newest template. */
  pods: Pod[];
  /** Whether the pods could be read. */
  knowsPods: boolean;
  /** Warnings of the whole namespace. */
  events: Event[];
}

/** Reads what there is. @throws KubernetesError when the API server cannot be asked */
export async function observe(client: KubernetesClient, target: DiagnosedObject, call: CallOptions): Promise<Workload> {
  const { namespace, kind } = target;
  const warnings = permitted(client.list(Event, { namespace, fieldSelector: "type=Warning" }, call));
  const [workload, events] = await Promise.all([workloadOf[kind](client, target, call), warnings]);
  const pods = workload.pods?.toSorted((a, b) => ageOf(b) - ageOf(a));
  return { target, ...workload, pods: pods ?? [], knowsPods: pods !== undefined, events: events?.items ?? [] };
}

/** `pods` is undefined where they may not be read. */
interface Parts extends Pick<Workload, "job" | "deployment" | "replicaSet" | "statefulSet"> {
  pods: Pod[] | undefined;
}

const gone: Parts = { pods: [] };

type PartsOf = (client: KubernetesClient, target: DiagnosedObject, call: CallOptions) => Promise<Parts>;
/** Of the target's namespace. */
type List = <T extends KubernetesObject>(resource: Resource<T>, selector?: Selector) => Promise<T[] | undefined>;

/** What belongs to an object that is there and may be read. */
function partsOf<T extends KubernetesObject>(
  resource: Resource<T>,
  read: (found: T, list: List) => Parts | Promise<Parts>,
): PartsOf {
  return async (client, target, call) => {
    const found = await permitted(client.get(resource, target, call).then(orGone));
    if (found === undefined) return { pods: undefined };
    if (found === "gone") return gone;
    return read(found, (kind, selector) => listSelected(client, kind, target.namespace, selector, call));
  };
}

const workloadOf: Record<DiagnosedObject["kind"], PartsOf> = {
  Job: partsOf(Job, async (job, list) => ({ job, pods: ownedBy(job, await list(Pod, job.spec?.selector)) })),
  Deployment: partsOf(Deployment, deploymentParts),
  StatefulSet: partsOf(StatefulSet, async (statefulSet, list) => {
    return { statefulSet, pods: ownedBy(statefulSet, await list(Pod, statefulSet.spec?.selector)) };
  }),
  Pod: partsOf(Pod, (pod) => ({ pods: [pod] })),
};

async function deploymentParts(deployment: Deployment, list: List): Promise<Parts> {
  const selector = deployment.spec?.selector;
  const [replicaSets, pods] = await Promise.all([list(ReplicaSet, selector), list(Pod, selector)]);
  const replicaSet = newest(ownedBy(deployment, replicaSets));
  return { deployment, replicaSet, pods: replicaSet === undefined ? pods : ownedBy(replicaSet, pods) };
}

function orGone<T>(found: T | undefined): T | "gone" {
  return found ?? "gone";
}

/** Undefined for what the caller may not read. A kind that this API server does not have is as good as forbidden. */
async function permitted<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof KubernetesError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}

type Selector = NonNullable<apps.DeploymentSpec["selector"]>;

async function listSelected<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  namespace: string,
  selector: Selector | undefined,
  call: CallOptions,
): Promise<T[] | undefined> {
  if (selector === undefined) return [];
  const query = { namespace, labelSelector: selectorText(selector) };
  return (await permitted(client.list(resource, query, call)))?.items;
}

function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const others = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(",")})`;
  });
  return [...equal, ...others].join(",");
}

function ownedBy<T extends KubernetesObject>(owner: KubernetesObject, items: T[] | undefined): T[] | undefined {
  const { uid } = owner.metadata;
  return items?.filter(({ metadata }) => metadata.ownerReferences?.some((reference) => reference.uid === uid));
}

function newest(replicaSets: readonly ReplicaSet[] | undefined): ReplicaSet | undefined {
  return replicaSets?.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
}

function ageOf({ metadata }: KubernetesObject): number {
  return Date.parse(metadata.creationTimestamp ?? "1970-01-01T00:00:00Z");
}
