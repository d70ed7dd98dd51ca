/** The kubeconfig of a server without TLS. */

import { stringify } from "yaml";

export const userName = "octoplane";

/**
 * YAML for kubectl and every other client. kubectl ignores the token of a user when the server has no TLS, but sends
 * credentials that are part of the address, so the token is in both places.
 */
export function kubeconfigOf(url: string, token: string): string {
  const server = new URL(url);
  server.username = userName;
  server.password = token;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: userName, cluster: { server: server.href.replace(/\/$/, "") } }],
    users: [{ name: userName, user: { token } }],
    contexts: [{ name: userName, context: { cluster: userName, user: userName, namespace: "default" } }],
    "current-context": userName,
  });
}
