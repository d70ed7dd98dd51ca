/** Keeps the EndpointSlices of this runner as they should be. */

import { isDeepStrictEqual } from "node:util";
import { EndpointSlice } from "../../api/builtin.ts";
import { isAlreadyExists, isNotFound, type KubernetesClient } from "../../kubernetes/client.ts";
import { managedByLabel, manager } from "./endpoint-slices.ts";

export interface SliceWriter {
  /** Makes the owner's slices these, each in one write; resolves when the API server has all of them. */
  apply(owner: string, slices: readonly EndpointSlice[]): Promise<void>;
}

/** Removes what an earlier run left: those addresses belong to nobody, or by now to somebody else. */
export async function sliceWriter(client: KubernetesClient): Promise<SliceWriter> {
  const stale = await client.list(EndpointSlice, { labelSelector: `${managedByLabel}=${manager}` });
  await Promise.all(stale.items.map((each) => remove(client, each)));
  const written = new Map<string, Map<string, EndpointSlice>>();

  async function write(known: Map<string, EndpointSlice>, slice: EndpointSlice): Promise<void> {
    const { name } = slice.metadata;
    const before = known.get(name);
    if (isDeepStrictEqual(before, slice)) return;
    known.delete(name); // unknown until the answer is here
    await (before ? replace(client, slice) : create(client, slice));
    known.set(name, slice);
  }

  async function forget(known: Map<string, EndpointSlice>, slice: EndpointSlice): Promise<void> {
    await remove(client, slice);
    known.delete(slice.metadata.name);
  }

  return {
    async apply(owner, slices) {
      const known = written.get(owner) ?? new Map<string, EndpointSlice>();
      written.set(owner, known);
      const names = new Set(slices.map((each) => each.metadata.name));
      const gone = [...known.values()].filter((each) => !names.has(each.metadata.name));
      await Promise.all([...slices.map((slice) => write(known, slice)), ...gone.map((slice) => forget(known, slice))]);
      if (known.size === 0) written.delete(owner);
    },
  };
}

async function create(client: KubernetesClient, slice: EndpointSlice): Promise<void> {
  try {
    await client.create(EndpointSlice, slice);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await client.replace(EndpointSlice, slice);
  }
}

async function replace(client: KubernetesClient, slice: EndpointSlice): Promise<void> {
  try {
    await client.replace(EndpointSlice, slice);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(EndpointSlice, slice);
  }
}

function remove(client: KubernetesClient, { metadata }: EndpointSlice): Promise<void> {
  return client.delete(EndpointSlice, metadata, { ignoreNotFound: true });
}
