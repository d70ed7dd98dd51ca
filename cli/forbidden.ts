import { KubernetesError } from "../kubernetes/client.ts";

/** The user's own rights in the cluster do not reach that far. */
export function isForbidden(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && error.status === 403;
}
