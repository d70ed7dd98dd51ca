/** Keeps a client's writes, with the API server's answers, in the form of the recordings. */

import type { Resource } from "../../api/resource.ts";
import { type KubernetesClient, KubernetesError } from "../../kubernetes/client.ts";
import { collectionPath, objectPath } from "../../kubernetes/path.ts";
import type { RecordedWrite, Stored } from "./recording.ts";

/** The same client; adds every write but Events to `writes`, and calls `touch` after each. */
export function recordingClient(
  client: KubernetesClient,
  writes: RecordedWrite[],
  touch: () => void = () => undefined,
): KubernetesClient {
  async function recorded<T>(
    verb: string,
    resource: Resource,
    path: string,
    body: unknown,
    call: Promise<T>,
  ): Promise<T> {
    const write = { verb, path, body: body as Stored, status: 0 };
    if (resource.kind !== "Event") writes.push(write);
    try {
      const result = await call;
      write.status = verb === "POST" ? 201 : 200;
      return result;
    } catch (error) {
      write.status = error instanceof KubernetesError ? error.status : 0;
      throw error;
    } finally {
      touch();
    }
  }

  return {
    ...client,
    create: (resource, object, call) => {
      const path = collectionPath(resource, object.metadata.namespace);
      return recorded("POST", resource, path, object, client.create(resource, object, call));
    },
    replace: (resource, object, call) =>
      recorded("PUT", resource, objectPath(resource, object.metadata), object, client.replace(resource, object, call)),
    replaceStatus: (resource, object, call) => {
      const path = objectPath(resource, object.metadata, "status");
      return recorded("PUT", resource, path, object, client.replaceStatus(resource, object, call));
    },
    delete: (resource, key, options) => {
      const body = { preconditions: { uid: options?.uid }, propagationPolicy: options?.propagationPolicy };
      return recorded("DELETE", resource, objectPath(resource, key), body, client.delete(resource, key, options));
    },
  };
}
