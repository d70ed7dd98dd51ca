import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type AnyComposite, composites, records } from "../hooks/composites.ts";
import type { AnyObject } from "../local/driver/json.ts";
import { namespaceObject, now, settings } from "./objects/workers.ts";
import { checkBuiltin, isBuiltin } from "./properties/builtin.ts";
import { create, keyOf, latest, newCluster, problems } from "./properties/cluster.ts";
import { ask, sync, worldOf } from "./properties/metacontroller.ts";

function documents(path: string): AnyObject[] {
  const text = readFileSync(new URL(path, import.meta.url), "utf8");
  return parseAllDocuments(text).map((document) => document.toJS() as AnyObject);
}

/** Manifests of the system that this one replaces: they must go on working as they are. */
function read(file: string): AnyObject[] {
  return documents(`fixtures/${file}.yaml`);
}

const files = ["worker-account", "job-builder", "worker-bundle", "worker-versions", "buildbarn"];
const samples = files.flatMap((file) => read(file).map((object, index) => [`${file} ${index}`, object] as const));

function compositeOf(object: AnyObject): AnyComposite {
  return composites.find(({ parent }) => parent.kind === object.kind) as AnyComposite;
}

/** As the API server has it in an enabled namespace. */
function stored(object: AnyObject) {
  const cluster = newCluster();
  const { namespace: _, ...metadata } = namespaceObject().metadata;
  create(cluster, { ...namespaceObject(), metadata } as AnyObject);
  const placed = { ...object, metadata: { ...object.metadata, namespace: "team" } };
  create(cluster, placed);
  return { cluster, key: keyOf(placed) };
}

test.each(samples)("%s is stored unchanged: every field is known and valid", (_, object) => {
  expect(problems(object)).toEqual([]);
  const { cluster, key } = stored(object);
  expect(latest(cluster, key)?.spec).toMatchObject(object.spec as object);
});

test("a manifest of an even older form is refused with the reason", () => {
  const [account] = read("worker-account") as [AnyObject];
  const { podTemplate: _, ...spec } = account.spec as Record<string, unknown>;
  expect(problems({ ...account, spec: { ...spec, scriptUrls: [] } })).toEqual([
    "spec.scriptUrls is not declared",
    expect.stringContaining("spec.podTemplate: Required value"),
  ]);
});

describe("a sample to start from", () => {
  const kinds = [...composites.map(({ parent }) => parent), ...records].map(({ kind }) => kind);

  test.each(kinds)("%s", (kind) => {
    const [sample, ...others] = documents(`../examples/samples/${kind.toLowerCase()}.yaml`) as [AnyObject];
    expect([sample.kind, others]).toEqual([kind, []]);
    expect(problems(sample)).toEqual([]);
  });
});

describe("hooks take them as they are", () => {
  const driven = samples.filter(([, object]) => compositeOf(object) !== undefined);

  test.each(driven)("%s", (_, object) => {
    const { cluster, key } = stored(object);
    const answer = sync(cluster, compositeOf(object), key, settings)?.answer;
    expect(answer?.children.length).toBeGreaterThan(0);
    for (const child of (answer?.children ?? []) as AnyObject[]) {
      if (isBuiltin(child)) checkBuiltin(child);
      else expect(problems(child)).toEqual([]);
    }
  });

  test("the bundle's pods have the Secret under the prefixes that it names", () => {
    const [bundle] = read("worker-bundle") as [AnyObject];
    const composite = compositeOf(bundle);
    const { children } = ask(composite, worldOf(composite, bundle, []), settings, now);
    const deployment = children.find(({ kind }) => kind === "Deployment") as unknown as {
      spec: { template: { spec: { containers: { image: string; envFrom: unknown }[] } } };
    };
    expect(deployment.spec.template.spec.containers).toMatchObject([
      {
        image: "nginx",
        envFrom: [
          { prefix: "ARTIST_WORKER_", secretRef: { name: "secret-accounts-ref" } },
          { prefix: "WASM_WORKER_", secretRef: { name: "secret-accounts-ref" } },
        ],
      },
    ]);
  });

  test("a farm reads the configuration that was written for it, from the files of the original", () => {
    const [scheduler, worker, storage] = read("buildbarn") as [AnyObject, AnyObject, AnyObject];
    const keys = ["scheduler", "worker-ubuntu22-04", "runner-ubuntu22-04", "storage"].map((name) => `${name}.jsonnet`);
    const data = Object.fromEntries(keys.map((key) => [key, "{}"]));
    const map = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "buildbarn-config", namespace: "team" },
      data,
    };
    const argumentsOf = (object: AnyObject) => {
      const { cluster, key } = stored(object);
      create(cluster, map);
      const { children = [] } = sync(cluster, compositeOf(object), key, settings)?.answer ?? {};
      const workload = children.find(({ kind }) => ["Deployment", "StatefulSet"].includes(kind)) as unknown as {
        metadata: { name: string };
        spec: { replicas: number; template: { spec: { containers: { image: string; args: string[] }[] } } };
      };
      const [container] = workload.spec.template.spec.containers;
      return [workload.metadata.name, workload.spec.replicas, container?.image, container?.args.join()];
    };
    const image = (name: string) => `ghcr.io/buildbarn/${name}:latest`;
    expect([scheduler, worker, storage].map(argumentsOf)).toEqual([
      ["scheduler", 1, image("bb-scheduler"), "/config/scheduler.jsonnet"],
      ["worker-ubuntu22-04", 8, image("bb-worker"), "/config/worker-ubuntu22-04.jsonnet"],
      ["storage", 2, image("bb-storage"), "/config/storage.jsonnet"],
    ]);
  });
});
