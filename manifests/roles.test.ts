/** Roles: as little as can be, and every rule with a reason. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isSeq, parseAllDocuments, type YAMLMap } from "yaml";
import { composites, records } from "../hooks/composites.ts";
import { metacontrollerRole } from "./rbac.ts";
import { root } from "./test-build.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

interface Role {
  name: string;
  rules: Rule[];
  /** The comment before each rule. */
  reasons: string[];
}

function rolesIn(path: string): Role[] {
  return parseAllDocuments(readFileSync(join(root, path), "utf8")).flatMap((document) => {
    const rules = document.get("rules", true);
    if (!isSeq(rules)) return [];
    const { metadata, rules: content } = document.toJS() as { metadata: { name: string }; rules: Rule[] };
    // A comment before the first item belongs to the list.
    const reasons = rules.items.map((item, index) => (index === 0 ? rules : (item as YAMLMap)).commentBefore ?? "");
    return [{ name: metadata.name, rules: content, reasons }];
  });
}

const files = globSync("manifests/{base,components/*,metacontroller,rbac,overlays/**}/*.yaml", { cwd: root });
const roles = files.flatMap(rolesIn);
const role = (name: string) => roles.find((each) => each.name === name) as Role;

/** `verb group/resource`, one for each right. */
function rightsOf({ rules }: Pick<Role, "rules">): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );
}

test("there are roles to look at", () => {
  expect(roles.map(({ name }) => name).sort()).toEqual([
    "octoplane-certificates",
    "octoplane-farmer",
    "octoplane-metacontroller",
    "octoplane-router",
    "octoplane-sweeper",
    "octoplane-sweeper-report",
    "octoplane-tenant",
    "octoplane-viewer",
    "octoplane-workers-api",
  ]);
});

describe.each(roles.map((each) => [each.name, each] as const))("%s", (_, { rules, reasons }) => {
  test("says of each rule why it is there", () => {
    expect(reasons).toHaveLength(rules.length);
    expect(reasons.map((reason) => reason.trim()).filter((reason) => reason.length < 15)).toEqual([]);
  });

  test("has no wildcard, and cannot give itself more", () => {
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.filter((word) => word.includes("*"))).toEqual([]);
    expect(words.filter((word) => ["escalate", "bind", "impersonate", "deletecollection"].includes(word))).toEqual([]);
    expect(words.filter((word) => /roles|rolebindings|serviceaccounts\/token|pods\/exec/.test(word))).toEqual([]);
  });
});

const kinds = [...composites.map(({ parent }) => parent), ...records].map(({ group, plural }) => `${group}/${plural}`);

test("who views sees every kind, and no Secret", () => {
  expect(rightsOf(role("octoplane-viewer")).sort()).toEqual(
    kinds.flatMap((kind) => ["get", "list", "watch"].map((verb) => `${verb} ${kind}`)).sort(),
  );
});

test("who may edit a namespace may have a farm in it", () => {
  const farms = kinds.filter((kind) => kind.startsWith("buildbarn.io/"));
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
  expect(farms).toHaveLength(5);
  expect(rightsOf(role("octoplane-farmer")).sort()).toEqual(
    farms.flatMap((kind) => verbs.map((verb) => `${verb} ${kind}`)).sort(),
  );
});

test("a tenant writes scripts and new Secrets alone: the other kinds are trusted", () => {
  const writes = rightsOf(role("octoplane-tenant")).filter((right) => !/^(get|list|watch) /.test(right));
  expect(writes.sort()).toEqual([
    "create /secrets",
    "create api.cf-worker/workerdeployments",
    "delete api.cf-worker/workerdeployments",
    "patch api.cf-worker/workerdeployments",
    "update api.cf-worker/workerdeployments",
  ]);
  expect(rightsOf(role("octoplane-tenant"))).not.toContain("get /secrets");
});

test("Metacontroller may do with children what the table of composites says, and nothing with others", () => {
  const children = composites.flatMap(({ children }) => children.map(({ kind }) => `${kind.group}/${kind.plural}`));
  const written = rightsOf(metacontrollerRole(composites).role)
    .filter((right) => right.startsWith("delete "))
    .map((right) => right.slice("delete ".length));
  expect(written.sort()).toEqual([...new Set(children)].sort());
});
