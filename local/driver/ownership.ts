/** Which objects are a parent's children: adoption of orphans that its selector matches, release of those it no longer does. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isTerminating, ownerReference } from "./children.ts";
import type { Definition } from "./definition.ts";
import { type ObjectMap, uidLabel } from "./desired.ts";
import type { AnyObject } from "./json.ts";
import { groupKey, idOf } from "./keys.ts";
import { controllerOf, type Observed } from "./observed.ts";
import { writeNewest } from "./optimistic.ts";
import { asSelector, isEmpty, type LabelSelector, matches } from "./selector.ts";

/** The generated selector, or the parent's own, which must not be empty. */
export function childSelector(definition: Definition, parent: KubernetesObject): LabelSelector {
  if (definition.generateSelector) return { matchLabels: { [uidLabel]: parent.metadata.uid ?? "" } };
  const { spec } = parent as AnyObject;
  const selector = asSelector((spec as { selector?: unknown } | undefined)?.selector);
  if (selector === undefined || isEmpty(selector)) {
    throw new Error("spec.selector is missing or empty, and the controller does not have generateSelector");
  }
  return selector;
}

interface Claim {
  client: KubernetesClient;
  definition: Definition;
  observed: Observed;
}

/** All children, by kind. Adopts and releases on the way. */
export async function claimChildren(
  claim: Claim,
  parent: KubernetesObject,
  selector: LabelSelector,
): Promise<ObjectMap> {
  const groups = claim.definition.children.map(async ({ resource }) => {
    const objects = await claimKind(claim, resource, parent, selector);
    return [groupKey(resource), new Map(objects.map((object) => [idOf(object), object as AnyObject]))] as const;
  });
  return new Map(await Promise.all(groups));
}

async function claimKind(claim: Claim, resource: Resource, parent: KubernetesObject, selector: LabelSelector) {
  const cached = claim.observed.of(resource);
  const inScope = (object: KubernetesObject) =>
    parent.metadata.namespace === undefined || object.metadata.namespace === parent.metadata.namespace;
  const fits = (object: KubernetesObject) => matches(selector, object.metadata.labels);

  const owned = cached.ownedBy(parent.metadata.uid ?? "").filter(inScope);
  const strays = owned.filter((object) => !fits(object));
  const orphans = cached.orphans(parent.metadata.namespace).filter((object) => fits(object) && !isTerminating(object));
  if (isTerminating(parent)) return owned.filter(fits);

  await Promise.all(strays.map((stray) => release(claim, resource, stray, parent)));
  const adopted = orphans.length === 0 ? [] : await adoptAll(claim, resource, orphans, parent);
  return [...owned.filter(fits), ...adopted];
}

/** A stale cache must not let a dead parent adopt, so that the API server is asked once more. */
async function adoptAll(claim: Claim, resource: Resource, orphans: KubernetesObject[], parent: KubernetesObject) {
  const live = await claim.client.get(claim.definition.parent, parent.metadata);
  if (live?.metadata.uid !== parent.metadata.uid) throw new Error("the parent is gone: it cannot adopt");
  if (live && isTerminating(live)) return [];
  const adopted = await Promise.all(orphans.map((orphan) => adopt(claim, resource, orphan, parent)));
  return adopted.filter((object) => object !== undefined);
}

async function adopt(
  { client, definition }: Claim,
  resource: Resource,
  orphan: KubernetesObject,
  parent: KubernetesObject,
) {
  const owner = ownerReference(parent, definition.parent);
  const result = await writeNewest(client, resource, orphan, (newest) =>
    controllerOf(newest) === undefined
      ? withOwners(newest, [...(newest.metadata.ownerReferences ?? []), owner])
      : undefined,
  );
  return result !== undefined && controllerOf(result)?.uid === owner.uid ? result : undefined;
}

async function release({ client }: Claim, resource: Resource, stray: KubernetesObject, parent: KubernetesObject) {
  await writeNewest(client, resource, stray, (newest) => {
    const references = newest.metadata.ownerReferences ?? [];
    const others = references.filter(({ uid }) => uid !== parent.metadata.uid);
    return others.length === references.length ? undefined : withOwners(newest, others);
  });
}

function withOwners(object: KubernetesObject, ownerReferences: KubernetesObject["metadata"]["ownerReferences"]) {
  return { ...object, metadata: { ...object.metadata, ownerReferences: ownerReferences ?? [] } };
}
