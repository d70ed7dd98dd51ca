/**
 * Writes every manifest that follows from the table of composites; `--check` only compares and fails on a difference.
 *
 *   node bootstrap.mjs run manifests/generate.ts [--check]
 */

import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { crdOf } from "../api/crd.ts";
import { composites, records } from "../hooks/composites.ts";
import { compositeName } from "../hooks/contract/composite.ts";
import { compositeControllerOf, type HookAddress } from "../hooks/contract/manifest.ts";
import { hooksClusterRole } from "./rbac.ts";

const root = join(import.meta.dirname, "..");
const header = "# Generated from the table in hooks/composites.ts; change that and run: npm run generate\n";
const hookServer: HookAddress = {
  service: { name: "octoplane-hooks", namespace: "octoplane-system", port: 8080, protocol: "http" },
};

/** Path below the repository's root -> content. */
export function generatedFiles(): Map<string, string> {
  const kinds = [...composites.map(({ parent }) => parent), ...records];
  return new Map(
    [
      ...kinds.map((kind) => [`manifests/crds/${kind.plural}.yaml`, crdOf(kind)] as const),
      ...composites.map(
        (c) => [`composite-controllers/${compositeName(c)}.yaml`, compositeControllerOf(c, hookServer)] as const,
      ),
      ["manifests/rbac/metacontroller.yaml", hooksClusterRole(composites)] as const,
    ].map(([path, object]) => [path, header + stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })]),
  );
}

/** Files on disk that differ from what the composites gives, or that nothing gives any more. */
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
