/** Names and labels of the objects that the API makes for a script. */

import { createHash } from "node:crypto";

const dnsLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const labelValue = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/**
 * The WorkerDeployment of a script: `<account>.<script>`. The dot keeps names of different accounts apart in a shared
 * namespace: with a dash, script `b-c` of account `a` would be script `c` of account `a-b`. What is no DNS label gets
 * a hash behind a second dot.
 */
export function deploymentName(account: string, script: string): string {
  if (dnsLabel.test(script)) return `${account}.${script}`;
  const readable = script
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const hash = createHash("sha256").update(script).digest("hex").slice(0, 10);
  return [account, readable, hash].filter((part) => part !== "").join(".");
}

/** The Secret with the values of a version's secret bindings. */
export function versionSecretName(version: string): string {
  return `worker-${version}`;
}

/** A name as the value of a label, where Kubernetes allows it: `_x` is a script's name and no label value. */
export function labelFor(key: string, name: string): Record<string, string> {
  return labelValue.test(name) ? { [key]: name } : {};
}
