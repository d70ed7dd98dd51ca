import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import type { Resource } from "../../api/resource.ts";
import { clientKinds, type StorageClient } from "../../hooks/buildbarn/kinds.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { create, problems } from "../properties/cluster.ts";
import { emptyFarm, type FarmModel, objectsOf } from "../properties/farm-model.ts";
import { rest } from "../properties/farm-pods.ts";
import { evaluated, messageProblems, rootOf } from "./strict.ts";

const folder = join(import.meta.dirname, "../../examples/buildbarn");

function documents(file: string): AnyObject[] {
  const parsed = parseAllDocuments(readFileSync(join(folder, file), "utf8"));
  return parsed.map((document) => document.toJS() as AnyObject).filter(({ kind }) => kind.startsWith("Buildbarn"));
}

/** The farm of these files, at rest. */
function farmOf(...files: string[]): FarmModel {
  const model = emptyFarm();
  for (const object of files.flatMap(documents)) create(model.cluster, object);
  rest(model);
  return model;
}

const farms: [string, string[]][] = [
  ["minimal", ["minimal.yaml"]],
  ["pools", ["minimal.yaml", "pools.yaml"]],
  ["fuse", ["minimal.yaml", "fuse.yaml"]],
  ["tls", ["tls.yaml"]],
];

test("every example is tried", () => {
  const tried = new Set(farms.flatMap(([, files]) => files));
  const present = globSync("*.yaml", { cwd: folder }).map((path) => basename(path));
  expect(present.filter((file) => !tried.has(file) && !file.startsWith("monitoring"))).toEqual([]);
});

describe.each(farms)("%s", (name, files) => {
  const model = farmOf(...files);
  const generated = objectsOf(model, ConfigMap).flatMap(({ metadata, data = {} }) =>
    Object.entries(data).map(([key, text]) => [metadata.labels?.component ?? "", key, text] as const),
  );

  test("is valid", () => {
    for (const object of files.flatMap(documents)) expect(problems(object)).toEqual([]);
  });

  test("becomes ready", () => {
    const clients = clientKinds.flatMap((kind) => objectsOf(model, kind as unknown as Resource<StorageClient>));
    const states = clients.map(({ metadata, status }) => `${metadata.name} ${status?.state}`);
    expect(states).toEqual(clients.map(({ metadata }) => `${metadata.name} Ready`));
  });

  test.each(generated)("%s: %s is what Buildbarn takes", async (component, key, text) => {
    expect(messageProblems(rootOf(key), evaluated(text))).toEqual([]);
    await expect(text).toMatchFileSnapshot(`generated/${name}/${component}/${key}`);
  });

  test("pods are what they should be", async () => {
    const workloads = [...objectsOf(model, StatefulSet), ...objectsOf(model, Deployment)];
    const templates = Object.fromEntries(
      workloads.map(({ metadata, spec }) => [metadata.name, { replicas: spec?.replicas, ...spec?.template.spec }]),
    );
    await expect(stringify(templates, { aliasDuplicateObjects: false })).toMatchFileSnapshot(
      `generated/${name}/pods.yaml`,
    );
  });
});
