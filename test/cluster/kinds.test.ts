/** The custom resource definitions on a real API server: installing, upgrading, explaining, listing, refusing. */

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parse, stringify } from "yaml";
import { type CustomResourceDefinition, crdOf } from "../../api/crd.ts";
import type { Kind } from "../../api/kind.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startWorld, type World } from "../e2e/harness/world.ts";
import { root } from "./harness/folders.ts";
import { waitFor } from "./harness/wait.ts";
import { kubectl } from "./kubectl.ts";

const kinds = [
  WorkerAccount,
  WorkerBundle,
  WorkerDeployment,
  WorkerRelease,
  WorkerSubdomain,
  WorkerVersion,
  JobBuilder,
];
const folder = join(root, "manifests", "crds");

type Definition = CustomResourceDefinition & {
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
  status?: { conditions: { type: string; status: string; message: string }[] };
};

interface Schema {
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
}

/** Any object of a kind, with what the tests look at. */
type Driven = KubernetesObject & { spec: Record<string, unknown>; status?: unknown };

const definitions = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => parse(readFileSync(join(folder, name), "utf8")) as Definition);

/** A group of its own, and names that nobody means who asks for the real ones. */
function renamed(definition: Definition, group: string): Definition {
  const copy = structuredClone(definition);
  const { kind, plural } = copy.spec.names as { kind: string; plural: string };
  copy.metadata.name = `tried${plural}.${group}`;
  copy.spec.group = group;
  const name = `Tried${kind}`;
  copy.spec.names = { kind: name, listKind: `${name}List`, plural: `tried${plural}`, singular: name.toLowerCase() };
  return copy;
}

function resourceOf({ plural, kind }: Kind, group: string): Resource<Driven> {
  return { group, version: "v1", kind: `Tried${kind}`, plural: `tried${plural}`, namespaced: true };
}

const documents = (objects: readonly object[]) => objects.map((object) => stringify(object)).join("---\n");

let client: KubernetesClient;
const namespace = `kinds-${randomBytes(4).toString("hex")}`;
beforeAll(async () => {
  client = connect({ kubeconfig: inject("cluster")?.kubeconfig ?? "" });
  await kubectl(["create", "namespace", namespace]);
});
afterAll(() => kubectl(["delete", "namespace", namespace, "--wait=false"]));

test("the definitions are those of the kinds", () => {
  expect(definitions.map(({ metadata }) => metadata.name).sort()).toEqual(
    kinds.map((kind) => crdOf(kind as Kind).metadata.name).sort(),
  );
});

/** A sample of each kind, as one of a tried group. */
function sample({ kind }: { kind: string }, group: string): Driven {
  const text = readFileSync(join(root, "examples", "samples", `${kind.toLowerCase()}.yaml`), "utf8");
  const object = parse(text) as Driven;
  return {
    ...object,
    apiVersion: `${group}/v1`,
    kind: `Tried${kind}`,
    metadata: { ...object.metadata, namespace },
  };
}

describe.each([
  ["kubectl create, as Helm does", "created", ["create", "-f", "-"]],
  ["kubectl apply --server-side", "applied", ["apply", "--server-side", "-f", "-"]],
])("installed with %s", (_, how, install) => {
  const group = `${how}-${randomBytes(4).toString("hex")}.octoplane.test`;
  const tried = definitions.map((definition) => renamed(definition, group));
  const names = tried.map(({ metadata }) => `crd/${metadata.name}`);

  beforeAll(async () => {
    await kubectl(install, documents(tried));
    await kubectl(["wait", "--for=condition=Established", "--timeout=30s", ...names]);
  });
  afterAll(() => kubectl(["delete", "--wait=false", ...names]));

  test("the API server has nothing to say against them", async () => {
    const list = JSON.parse(await kubectl(["get", "-o", "json", ...names])) as { items: Definition[] };
    const conditions = list.items.flatMap(({ status }) => status?.conditions ?? []);
    const complaints = conditions.filter(
      ({ type, status }) => (type === "NonStructuralSchema") === (status === "True"),
    );
    expect(complaints).toEqual([]);
    expect(conditions.filter(({ type }) => type === "NamesAccepted")).toHaveLength(kinds.length);
  });

  test("an upgrade keeps what is stored, and the new field can be used", async () => {
    const stored: [Resource<Driven>, Driven][] = [];
    for (const kind of kinds) {
      const resource = resourceOf(kind as Kind, group);
      stored.push([resource, await client.create(resource, sample(kind, group))]);
    }
    await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], documents(tried.map(withOneMoreField)));
    for (const [resource, before] of stored) {
      expect(await client.get(resource, before.metadata)).toEqual(before);
      const isImmutable = resource.kind === "TriedWorkerVersion";
      const copy = { ...before, metadata: { name: `${before.metadata.name}-2`, namespace } };
      const newer = { ...copy, spec: { ...before.spec, addedLater: "here" } };
      await waitFor(
        async () =>
          (await client.create(resource, newer, {})).spec.addedLater === "here" || (await again(resource, copy)),
        {
          what: `the new field of ${resource.kind}`,
        },
      );
      if (!isImmutable) {
        const patched = await client.mergePatch(resource, before.metadata, { spec: { addedLater: "here" } } as never);
        expect(patched.spec).toEqual({ ...before.spec, addedLater: "here" });
      }
    }
  });

  /** The API server goes on with the old schema for a moment. */
  async function again(resource: Resource, { metadata }: KubernetesObject): Promise<false> {
    await client.delete(resource, metadata);
    return false;
  }
});

function withOneMoreField(definition: Definition): Definition {
  const copy = structuredClone(definition);
  for (const { schema } of copy.spec.versions) {
    const { spec } = schema.openAPIV3Schema.properties ?? {};
    const added = { type: "string", description: "A field of a later release." };
    if (spec?.properties !== undefined) spec.properties.addedLater = added;
  }
  return copy;
}

test("the definitions of this version fit over what is installed", async () => {
  const text = await kubectl(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-k", folder]);
  expect(text.match(/serverside-applied/g)).toHaveLength(kinds.length);
});
