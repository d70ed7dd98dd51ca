/** The roles of the programs are what their sources use: nothing is missing, and nothing is left over. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import * as builtin from "../api/builtin.ts";
import type { Resource } from "../api/resource.ts";
import { composites, records } from "../hooks/composites.ts";
import { root } from "./test-build.ts";

const resources = new Map<string, Resource>([
  ...Object.entries(builtin as Record<string, Resource>),
  ...[...composites.map(({ parent }) => parent), ...records].map((kind) => [kind.kind, kind] as const),
]);

/** How sources call the client, and the verbs that it takes. */
const calls: [RegExp, (method: string) => string[]][] = [
  [/\.(get|list|create|delete)(?:<\w+>)?\(\s*([A-Z]\w+),/g, (method) => [method]],
  [/\.(mergePatch)(?:<\w+>)?\(\s*([A-Z]\w+),/g, () => ["patch"]],
  [/\b(cache)\(\s*client,\s*([A-Z]\w+)/g, () => ["list", "watch"]],
  [/\b(all)\(([A-Z]\w+)\)/g, () => ["list"]],
  [/client\.(list)\(([A-Z]\w+)\)/g, () => ["list"]],
  [/\b(wholeList)\(client, ([A-Z]\w+)/g, () => ["list"]],
];

function usedBy(program: string): string[] {
  const files = globSync(`services/${program}/*.ts`, { cwd: root }).filter((path) => !/test/.test(path));
  const source = files.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  const rights = calls.flatMap(([pattern, verbs]) =>
    Array.from(source.matchAll(pattern)).flatMap(([, method = "", name = ""]) => {
      const resource = resources.get(name);
      const place = resource && `${resource.group}/${resource.plural}`;
      return place === undefined ? [] : verbs(method).map((verb) => `${verb} ${place}`);
    }),
  );
  return [...new Set(rights)].sort();
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

function grantedIn(path: string): string[] {
  return parseAllDocuments(readFileSync(join(root, path), "utf8"))
    .flatMap((document) => (document.toJS() as { rules?: Rule[] }).rules ?? [])
    .flatMap(({ apiGroups: [group = ""], resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
    )
    .sort();
}

/** What kubernetes/diagnosis.ts looks at for the API. */
const diagnosis = ["get apps/deployments", "get batch/jobs", "list /events", "list /pods", "list apps/replicasets"];

test.each([
  ["workers-api", "base/workers-api-rbac.yaml", [...diagnosis, "update api.cf-worker/workerdeployments/finalizers"]],
  ["sweeper", "base/sweeper-rbac.yaml", []],
])("%s", (program, path, more) => {
  const used = usedBy(program);
  expect(used.length).toBeGreaterThan(5);
  expect(grantedIn(`manifests/${path}`)).toEqual([...used, ...more].sort());
});

test("router: its one write is to the status", () => {
  const used = usedBy("router").map((right) => right.replace("patch networking.k8s.io/ingresses", "$&/status"));
  expect(grantedIn("manifests/components/router/rbac.yaml")).toEqual(used.sort());
});
