/** Kubeconfigs, for the cluster's parts and for people. */

import { stringify } from "yaml";

export interface Access {
  url: string;
  /** PEM. */
  authority: string;
  certificate: string;
  key: string;
}

export const contextName = "octoplane-test";

export function kubeconfig({ url, authority, certificate, key }: Access): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: contextName, cluster: { server: url, "certificate-authority-data": base64(authority) } }],
    users: [
      {
        name: contextName,
        user: { "client-certificate-data": base64(certificate), "client-key-data": base64(key) },
      },
    ],
    contexts: [{ name: contextName, context: { cluster: contextName, user: contextName } }],
    "current-context": contextName,
  });
}
