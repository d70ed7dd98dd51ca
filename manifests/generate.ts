/**
 * Writes every manifest that follows from the table of composites; `--check` only compares and fails on a difference.
 *
 *   node bootstrap.mjs run manifests/generate.ts [--check]
 */

import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Document, type Node } from "yaml";
import { crdOf } from "../api/crd.ts";
import { composites, records } from "../hooks/composites.ts";
import { compositeName } from "../hooks/contract/composite.ts";
import { compositeControllerOf, type HookService } from "../hooks/contract/manifest.ts";
import { metacontrollerRole } from "./rbac.ts";

const root = join(import.meta.dirname, "..");
const header = "# Generated from the table in hooks/composites.ts; change that and run: npm run generate\n";
const hookServer: HookService = {
  service: { name: "octoplane-hooks", namespace: "octoplane-system", port: 443, protocol: "https" },
  secrets: { tls: "octoplane-hooks-tls", token: "octoplane-hooks-token" },
};

function documentOf(object: object): Document {
  return new Document(object, { aliasDuplicateObjects: false });
}

function written(document: Document): string {
  return header + document.toString({ lineWidth: 0 });
}

/** Lets kustomize take the files of a folder. Its name ends so that `kubectl apply -f FOLDER` passes over it. */
function kustomization(paths: readonly string[]): string {
  const resources = paths.map((path) => basename(path)).sort();
  return written(documentOf({ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources }));
}

function roleFile(): string {
  const { role, reasons } = metacontrollerRole(composites);
  const document = documentOf(role);
  for (const [index, reason] of reasons.entries()) {
    (document.getIn(["rules", index], true) as Node).commentBefore = ` ${reason}`;
  }
  return written(document);
}

/** Path below the repository's root -> content. */
export function generatedFiles(): Map<string, string> {
  const kinds = [...composites.map(({ parent }) => parent), ...records];
  const crds = kinds.map((kind) => [`manifests/crds/${kind.plural}.yaml`, written(documentOf(crdOf(kind)))] as const);
  const controllers = composites.map((composite) => {
    const controller = compositeControllerOf(composite, hookServer);
    return [`composite-controllers/${compositeName(composite)}.yaml`, written(documentOf(controller))] as const;
  });
  return new Map([
    ...crds,
    ["manifests/crds/Kustomization", kustomization(crds.map(([path]) => path))],
    ...controllers,
    ["composite-controllers/Kustomization", kustomization(controllers.map(([path]) => path))],
    ["manifests/rbac/metacontroller.yaml", roleFile()],
  ]);
}

/** Files on disk that differ from what the composites give, or that nothing gives any more. */
export function differences(files: ReadonlyMap<string, string>): string[] {
  const present = globSync(["manifests/crds/*.yaml", "composite-controllers/*.yaml"], { cwd: root });
  const stale = present.filter((path) => !files.has(path));
  const changed = [...files].filter(([path, content]) => readOrEmpty(path) !== content).map(([path]) => path);
  return [...changed, ...stale].sort();
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
}

if (import.meta.main) {
  const files = generatedFiles();
  const different = differences(files);
  if (process.argv.includes("--check")) {
    for (const path of different) console.error(`${path} differs from the table of composites; run: npm run generate`);
    process.exitCode = different.length === 0 ? 0 : 1;
  } else {
    for (const path of different.filter((path) => !files.has(path))) rmSync(join(root, path));
    for (const [path, content] of files) writeFileSync(join(root, path), content);
    console.log(`${files.size} manifests, ${different.length} changed`);
  }
}
