/**
 * The custom resource definitions on a real API server: installing, upgrading, explaining, listing, refusing. While
 * definitions come and go, the cluster's garbage collector stands still for half a minute and more, so that nothing else
 * runs beside this.
 */

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parse, stringify } from "yaml";
import { type CustomResourceDefinition, crdOf } from "../../../api/crd.ts";
import type { Kind } from "../../../api/kind.ts";
import type { Resource } from "../../../api/resource.ts";
import { JobBuilder } from "../../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../../api/workers/worker-release.ts";
import { WorkerSubdomain } from "../../../api/workers/worker-subdomain.ts";
import { WorkerVersion } from "../../../api/workers/worker-version.ts";
import { connect, type KubernetesClient } from "../../../kubernetes/client.ts";
import { startWorld, type World } from "../../e2e/harness/world.ts";
import { root } from "../harness/folders.ts";
import { kubectl } from "../kubectl.ts";
import { buildbarnKinds, buildbarnRefusals } from "./buildbarn-refusals.ts";
import { type Driven, named, type Refusal, withSpec } from "./refusal.ts";

const workersKinds: readonly Kind[] = [
  WorkerAccount,
  WorkerBundle,
  WorkerDeployment,
  WorkerRelease,
  WorkerSubdomain,
  WorkerVersion,
  JobBuilder,
];
const kinds = [...workersKinds, ...buildbarnKinds];
const folder = join(root, "manifests", "crds");

type Definition = CustomResourceDefinition & {
  spec: { versions: Version[] };
  status?: { conditions: { type: string; status: string; message: string }[] };
};

interface Version {
  schema: { openAPIV3Schema: Schema };
}

interface Schema {
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
}

const definitions: Definition[] = readdirSync(folder)
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

function resourceOf({ plural, kind, version }: Kind, group: string): Resource<Driven> {
  return { group, version, kind: `Tried${kind}`, plural: `tried${plural}`, namespaced: true };
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
    kinds.map((kind) => crdOf(kind).metadata.name).sort(),
  );
});

/** A sample of each kind, as one of a tried group. */
function sample({ kind, version }: Kind, group: string): Driven {
  const text = readFileSync(join(root, "examples", "samples", `${kind.toLowerCase()}.yaml`), "utf8");
  const object = parse(text) as Driven;
  return {
    ...object,
    apiVersion: `${group}/${version}`,
    kind: `Tried${kind}`,
    metadata: { ...object.metadata, namespace },
  };
}

const asItIs = withSpec({});

const template = { scriptName: "hello", compatibilityDate: "2026-04-01", scriptsUrls: ["accounts/a/index.js"] };
const deployments = [{ id: "1", createdOn: "2026-04-01T00:00:00.000Z", versions: [{ name: "v", percentage: 100 }] }];
const worker = (workerName: string, workerNumber: number) => ({ workerName, workerNumber });

const nameRule = "the name of a WorkerAccount must be a DNS label of at most 52 characters";
const portRule = "workerNumber must be a port of its own; 8079 belongs to health checks";
const eitherRule = "set either template (kubectl) or scriptName (API), not both";

function immutable(kind: Kind, field: string, name: string, value: unknown): Refusal {
  const what = `another ${field} of a ${kind.kind}`;
  return {
    what,
    kind,
    field,
    message: "is immutable",
    before: withSpec({ [name]: "one" }),
    wrong: withSpec({ [name]: value }),
  };
}

const autoscaling = { minReplicas: 3, maxReplicas: 2 };

function morePods(kind: Kind): Refusal {
  return {
    what: `more pods of a ${kind.kind} at least than at most`,
    kind,
    field: "spec.podTemplate.autoscaling",
    message: "minReplicas must not be larger than maxReplicas",
    wrong: (object) => withSpec({ podTemplate: { ...(object.spec.podTemplate as object), autoscaling } })(object),
  };
}

const refusals: Refusal[] = [
  { what: "an account whose name has a dot", kind: WorkerAccount, field: "", message: nameRule, wrong: named("a.b") },
  { what: "a long account name", kind: WorkerAccount, field: "", message: nameRule, wrong: named("a".repeat(53)) },
  morePods(WorkerAccount),
  morePods(WorkerBundle),
  immutable(WorkerAccount, "spec.workerBundleName", "workerBundleName", "two"),
  {
    what: "two workers on one port",
    kind: WorkerBundle,
    field: "spec.workers",
    message: portRule,
    wrong: withSpec({ workers: [worker("a", 8080), worker("b", 8080)] }),
  },
  {
    what: "a worker on the port of health checks",
    kind: WorkerBundle,
    field: "spec.workers",
    message: portRule,
    wrong: withSpec({ workers: [worker("a", 8079)] }),
  },
  {
    what: "a script with a template and a name",
    kind: WorkerDeployment,
    field: "spec",
    message: eitherRule,
    wrong: withSpec({ template, scriptName: "hello" }),
  },
  {
    what: "a script with neither",
    kind: WorkerDeployment,
    field: "spec",
    message: eitherRule,
    wrong: withSpec({ template: undefined }),
  },
  {
    what: "a template with deployments",
    kind: WorkerDeployment,
    field: "spec",
    message: "deployments belong to the API; a WorkerDeployment with a template follows its template",
    wrong: withSpec({ template, deployments }),
  },
  {
    what: "another name of a script",
    kind: WorkerDeployment,
    field: "spec",
    message: "scriptName is immutable",
    before: withSpec({ template: undefined, scriptName: "one" }),
    wrong: withSpec({ scriptName: "two" }),
  },
  {
    what: "a script that becomes a template's",
    kind: WorkerDeployment,
    field: "spec",
    message: "scriptName is immutable",
    before: withSpec({ template: undefined, scriptName: "one" }),
    wrong: withSpec({ scriptName: undefined, template }),
  },
  immutable(WorkerRelease, "spec.runtimeBase", "runtimeBase", "two"),
  immutable(WorkerRelease, "spec.buildHash", "buildHash", "two"),
  immutable(WorkerRelease, "spec.targetImage", "targetImage", "two"),
  immutable(WorkerSubdomain, "spec.account", "account", "two"),
  {
    what: "another upload in a version",
    kind: WorkerVersion,
    field: "spec",
    message: "is immutable",
    before: asItIs,
    wrong: withSpec({ url: "accounts/a/other" }),
  },
  {
    what: "a build with more scripts than URLs",
    kind: JobBuilder,
    field: "",
    message: "scriptUrls and scriptNames must have the same length",
    wrong: withSpec({ scriptNames: ["a", "b"] }),
  },
  ...buildbarnRefusals,
];

interface Ruled extends Schema {
  "x-kubernetes-validations"?: { message: string }[];
}

/** `KIND PATH: MESSAGE` of every rule. */
function rulesIn(kind: string, path: string, schema: Ruled): string[] {
  const own = (schema["x-kubernetes-validations"] ?? []).map(({ message }) => `${kind} ${path}: ${message}`);
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rulesIn(kind, path === "" ? name : `${path}.${name}`, child),
  );
  const inside = [schema.items, schema.additionalProperties].flatMap((child) =>
    child === undefined ? [] : rulesIn(kind, `${path}[]`, child),
  );
  return [...own, ...below, ...inside];
}

test("every rule of every kind is among those that are tried", () => {
  const rules = definitions.flatMap(({ spec }) =>
    (spec.versions as Version[]).flatMap(({ schema }) => rulesIn(String(spec.names.kind), "", schema.openAPIV3Schema)),
  );
  const tried = refusals.map(({ kind, field, message }) => `${kind.kind} ${field}: ${message}`);
  expect(rules.filter((rule) => !tried.some((text) => rule.startsWith(text)))).toEqual([]);
  expect(rules.length).toBeGreaterThan(8);
});

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
    const stored: { resource: Resource<Driven>; object: Driven }[] = [];
    for (const kind of kinds) {
      const resource = resourceOf(kind, group);
      const object = await client.create(resource, sample(kind, group));
      stored.push({ resource, object: await withStatus(resource, object, kind) });
    }
    await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], documents(tried.map(withOneMoreField)));
    for (const { resource, object } of stored) {
      expect(await client.get(resource, object.metadata)).toEqual(object);
      if (isImmutable(resource)) continue;
      const spec = { ...object.spec, addedLater: "here" };
      // The API server drops it as unknown until it has read the new definition.
      const patched = () => client.mergePatch(resource, object.metadata, { spec: { addedLater: "here" } } as never);
      await expect.poll(async () => (await patched()).spec, { timeout: 30_000 }).toEqual(spec);
    }
  });

  test.each(refusals)("refused: $what", async ({ kind, field, message, before, wrong }) => {
    const resource = resourceOf(kind, group);
    const name = `refused-${randomBytes(4).toString("hex")}`;
    const { metadata, ...rest } = sample(kind, group);
    const object = { ...rest, metadata: { name, namespace: metadata.namespace } } as Driven;
    const written =
      before === undefined
        ? client.create(resource, wrong(object))
        : client.create(resource, before(object)).then((stored) => client.replace(resource, wrong(stored)));
    const refusal = await written.then(
      () => "nothing is refused",
      (error: Error) => error.message,
    );
    expect(refusal).toContain(message);
    const path = field === "" ? "<nil>" : field.replaceAll("[]", "[0]");
    expect(refusal).toContain(`${path}: Invalid value`);
  });
});

function isImmutable({ kind }: Resource): boolean {
  return kind === `Tried${WorkerVersion.kind}`;
}

/** What a hook would write, where the kind has a hook. */
async function withStatus(resource: Resource<Driven>, object: Driven, { status }: Kind): Promise<Driven> {
  if (!("observedGeneration" in status.properties)) return object;
  const written = { status: { observedGeneration: 1 } } as never;
  return client.mergePatch(resource, object.metadata, written, { subresource: "status" });
}

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

describe("installed for real", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    const project = world.project({
      "wrangler.jsonc": JSON.stringify({ name: "listed", main: "index.js", compatibility_date: "2026-01-01" }),
      "index.js": `export default { fetch() { return new Response("listed"); } };`,
    });
    expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });
    // Builds go when they are done, so this one waits for code that nobody has uploaded.
    const build = parse(readFileSync(join(root, "examples", "samples", "jobbuilder.yaml"), "utf8")) as JobBuilder;
    const metadata = { name: "build-by-hand", namespace: world.namespace };
    await world.client.create(JobBuilder, { ...build, metadata, spec: { ...build.spec, accounts: world.account.id } });
  });
  afterAll(() => world.close());

  test.each([
    ["workeraccounts", "NAME READY REASON SCRIPTS RELEASE AGE"],
    ["workerbundles", "NAME READY REASON RELEASE PODS AGE"],
    ["workerdeployments", "NAME READY REASON SCRIPT VERSION AGE"],
    ["workerreleases", "NAME READY REASON ACCOUNT AGE"],
    ["workerversions", "NAME ACCOUNT SCRIPT NUMBER AGE"],
    ["workersubdomains", "NAME ACCOUNT SUBDOMAIN SINCE AGE"],
    ["jobbuilders", "NAME READY REASON JOB ATTEMPT AGE"],
  ])("kubectl get %s", async (plural, columns) => {
    const lines = async () => (await kubectl(["get", plural, "-n", world.namespace])).trimEnd().split("\n");
    await expect
      .poll(async () => (await lines()).map(cellsOf))
      .toEqual([columns.split(" "), columns.split(" ").map(() => expect.stringMatching(/./))]);
  });

  test("all of them together, by category and by short name", async () => {
    const listed = await kubectl(["get", "octoplane", "-n", world.namespace, "-o", "name"]);
    for (const { kind, shortNames } of workersKinds) {
      expect(listed).toContain(`${kind.toLowerCase()}.api.cf-worker/`);
      for (const name of shortNames)
        expect(await kubectl(["get", name, "-n", world.namespace, "-o", "name"])).not.toBe("");
    }
  });

  test.each(kinds)("kubectl explain $kind", async ({ group, version, kind }) => {
    const path = `/openapi/v3/apis/${group}/${version}`;
    const { components } = await client.getRaw<{ components: { schemas: Record<string, Schema> } }>(path);
    const schema = components.schemas[`${group.split(".").toReversed().join(".")}.${version}.${kind}`] ?? {};
    const { metadata: _, ...own } = schema.properties ?? {};
    expect(silentFields("", { ...schema, properties: own })).toEqual([]);
    const explained = await kubectl(["explain", kind.toLowerCase(), "--recursive"]);
    for (const name of Object.keys(own)) expect(explained).toContain(name);
    expect(explained.replaceAll(/\s+/g, " ")).toContain(schema.description);
  });
});

/** Columns are at least two spaces apart. */
function cellsOf(line: string): string[] {
  return line.trim().split(/ {2,}/);
}

/** Paths of the fields without a description. */
function silentFields(
  path: string,
  { description = "", properties = {}, items, additionalProperties }: Schema,
): string[] {
  const below = Object.entries(properties).flatMap(([name, child]) => silentFields(`${path}.${name}`, child));
  const inside = [items, additionalProperties].flatMap((child) =>
    child === undefined ? [] : silentFields(`${path}[]`, child),
  );
  return [...(description === "" ? [path] : []), ...below, ...inside];
}
