/** What the pages say is there: links, paths, commands, manifests. */

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { group } from "../api/workers/fields.ts";
import { readSettings } from "../installation/settings.ts";
import type { AnyObject } from "../local/driver/json.ts";
import { reasonAgainstBuilds } from "../manifests/test-build.ts";
import { unknownCommands } from "./docs/commands.ts";
import { anchorsOf, linksOf, type Page, pageAt, pages, root } from "./docs/pages.ts";
import { problems } from "./properties/cluster.ts";

const named = pages.map((page) => [page.path, page] as const);
const top = new Set(readdirSync(root).filter((name) => name !== "node_modules"));

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function isThere({ target, anchor }: { target: string; anchor: string }): boolean {
  if (!existsSync(join(root, target))) return false;
  const page = pages.find(({ path }) => path === target);
  return anchor === "" || page === undefined || anchorsOf(page).includes(anchor);
}

test.each(named)("links of %s lead somewhere", (_, page) => {
  expect(linksOf(page).filter((link) => !isThere(link))).toEqual([]);
});

/** Words that can only be paths of this repository: they begin with a folder of it, or of the page. */
function pathsIn({ path, code }: Page): string[] {
  const words = code.flatMap((line) => line.split(/[\s"'=,;()]+/)).filter((word) => /^[\w./*{},-]+$/.test(word));
  const folder = join(root, dirname(path));
  return words.filter((word) => {
    const [first = "", second] = word.split("/");
    if (second === undefined || ["", ".", ".."].includes(first)) return false;
    return top.has(first) || existsSync(join(folder, first));
  });
}

/** What people have, and Git has not. */
const made = /(^|\/)(\.octoplane|\.env|node_modules|dist)(\/|$)/;

test.each(named)("paths in %s exist", (_, page) => {
  const places = [root, join(root, dirname(page.path))];
  const isFound = (path: string) => places.some((cwd) => globSync(path.replace(/\/$/, ""), { cwd }).length > 0);
  expect(pathsIn(page).filter((path) => !made.test(path) && !isFound(path))).toEqual([]);
});

test.each(named)("commands of %s exist", (_, page) => {
  expect(unknownCommands(page)).toEqual([]);
});

const shell = pages.flatMap(({ path, fences }) =>
  fences.filter(({ language }) => ["sh", "bash"].includes(language)).map(({ body }) => [path, body] as const),
);

test.each(shell)("a block of %s is shell", (_, body) => {
  expect(spawnSync("bash", ["-n"], { input: body, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});

function documents(text: string): AnyObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as AnyObject);
}

const manifests = [
  ...pages.flatMap(({ path, fences }) =>
    fences
      .filter(({ language }) => language === "yaml")
      .flatMap(({ body }) => documents(body).map((each) => [path, each] as const)),
  ),
  ...globSync("examples/**/*.yaml", { cwd: root }).flatMap((path) =>
    documents(readFileSync(join(root, path), "utf8")).map((each) => [path, each] as const),
  ),
].filter(([, { apiVersion }]) => apiVersion?.startsWith(`${group}/`));

test.each(manifests)("a manifest in %s is valid", (_, object) => {
  expect(problems(object)).toEqual([]);
});

test("there are such manifests", () => {
  expect(manifests.length).toBeGreaterThan(5);
});

/** A block that says in its first line which file it is. */
function fileIn(page: Page, name: string): string {
  const found = page.fences.find(({ body }) => body.startsWith(`# ${name}\n`));
  if (found === undefined) throw new Error(`${page.path} has no block "# ${name}"`);
  return found.body;
}

/** Of a test that builds; it is skipped where nothing can be built. */
function withReason(name: string): string {
  return reasonAgainstBuilds === undefined ? name : `${name}: ${reasonAgainstBuilds}`;
}

describe("the installation in docs/install-production.md", () => {
  const page = pageAt("docs/install-production.md");

  test("has settings that the programs take", () => {
    const path = join(temporaryFolder(), "settings.yaml");
    writeFileSync(path, fileIn(page, "settings.yaml"));
    expect(readSettings(path)).toMatchObject({ network: { ingressFrom: {} } });
  });

  test("has credentials in the documented form", () => {
    const fixture = (name: string) => readFileSync(join(root, "stores", "fixtures", name), "utf8");
    expect(parse(fileIn(page, "aws-config.yaml"))).toEqual(parse(fixture("configmap-aws.yaml")));
    const json = page.fences.find(({ language }) => language === "json")?.body ?? "";
    expect(JSON.parse(json)).toEqual(JSON.parse(fixture("config-docker-hub.json")));
  });

  test.skipIf(reasonAgainstBuilds !== undefined)(withReason("is an overlay that can be built"), () => {
    const folder = temporaryFolder();
    symlinkSync(root, join(folder, "octoplane"));
    const own = join(folder, "acme");
    cpSync(join(root, "manifests", "overlays", "production", "ingress.yaml"), join(own, "ingress.yaml"));
    for (const name of ["kustomization.yaml", "settings.yaml"]) writeFileSync(join(own, name), fileIn(page, name));
    const built = kustomize(own);
    expect(built).not.toContain("registry.example.com");
    expect(built.match(/image: registry\.acme\.example\/octoplane\/[a-z-]+:/g)).toHaveLength(4);
  });
});

function kustomize(folder: string): string {
  const { status, stdout, stderr } = spawnSync(process.env.KUBECTL ?? "kubectl", ["kustomize", folder], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stdout;
}

test.skipIf(reasonAgainstBuilds !== undefined)(withReason("examples/account can be built"), () => {
  expect(kustomize(join(root, "examples", "account"))).toContain("octoplane.io/workers: enabled");
});
