/** What an API server writes down about its users. */

import { existsSync, readFileSync } from "node:fs";

/** Writes of users; not Events, and not what the cluster does itself. */
export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    resources: [{ group: "", resources: [events] }]
  - level: None
    userGroups: [system:masters, system:serviceaccounts]
  - level: Metadata
    verbs: [create, update, patch, delete]
  - level: None
`;

interface AuditEntry {
  user: { username: string };
  verb: string;
  requestURI: string;
  responseStatus?: { code?: number };
}

/** `<verb> <path> <status>`, in the order of the log. */
export function writesIn(path: string, user: string): string[] {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as AuditEntry)
    .filter((entry) => entry.user.username === user)
    .map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI} ${responseStatus?.code}`);
}
