/** Where the exact cause is: hooks see no events, so their messages name the command that shows them. */

import type { KubernetesObject } from "../../api/resource.ts";

/** `kubectl -n team describe job acme-1`, in the namespace of `object`. */
export function describeCommand({ metadata }: KubernetesObject, what: string): string {
  return `kubectl -n ${metadata.namespace} describe ${what}`;
}
