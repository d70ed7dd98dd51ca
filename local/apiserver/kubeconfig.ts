/** The kubeconfig of a server without TLS. */

import { stringify } from "yaml";

export const userName = "octoplane";

/** The context for clients that refuse an address with credentials, Node's fetch among them. */
export const tokenContext = `${userName}-token`;

/**
 * YAML for kubectl and every other client. kubectl ignores the token of a user when the server has no TLS, but sends
 * credentials that are part of the address: so the current context has them there, and a second one has only the token.
 */
export function kubeconfigOf(url: string, token: string): string {
  const address = new URL(url);
  address.username = userName;
  address.password = token;
  const servers = { [userName]: address.href.replace(/\/$/, ""), [tokenContext]: url };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: Object.entries(servers).map(([name, server]) => ({
      name,
      // There is no certificate to verify; client-node wants this said before it uses http.
      cluster: { server, "insecure-skip-tls-verify": true },
    })),
    users: [{ name: userName, user: { token } }],
    contexts: Object.keys(servers).map((cluster) => ({
      name: cluster,
      context: { cluster, user: userName, namespace: "default" },
    })),
    "current-context": userName,
  });
}
