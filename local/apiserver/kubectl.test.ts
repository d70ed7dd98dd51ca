/** The real kubectl against this server, where there is one: on the PATH, or at $KUBECTL. */

import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  configMap,
  configMaps,
  crds,
  startTestApi,
  type TestApi,
  thing,
  thingDefinition,
  things,
} from "./test-server.ts";

const kubectl = process.env.KUBECTL ?? "kubectl";
const isMissing = spawnSync(kubectl, ["version", "--client"]).status !== 0;

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

interface World {
  api: TestApi;
  environment: NodeJS.ProcessEnv;
  /** Runs kubectl with these arguments, given as one text; `input` is its standard input. */
  run(args: string, input?: object): Promise<Result>;
}

async function startWorld(): Promise<World> {
  const api = await startTestApi();
  const folder = mkdtempSync(join(tmpdir(), "octoplane-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  writeFileSync(join(folder, "kubeconfig"), api.kubeconfig());
  const environment = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, "kubeconfig") };

  function run(args: string, input?: object): Promise<Result> {
    return new Promise((resolve) => {
      const options = { env: environment, timeout: 15_000 };
      const child = execFile(kubectl, args.split(" "), options, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      });
      child.stdin?.end(input === undefined ? "" : JSON.stringify(input));
    });
  }

  return { api, environment, run };
}

const additionalPrinterColumns = [
  { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: "Size", type: "integer", jsonPath: ".spec.size", priority: 1 },
];
const definition = thingDefinition(
  { properties: { size: { type: "integer", minimum: 1, description: "How large it is." } }, required: ["size"] },
  { additionalPrinterColumns },
);

describe.skipIf(isMissing)(`kubectl${isMissing ? " (skipped: there is none on the PATH nor at $KUBECTL)" : ""}`, () => {
  test("apply: a CRD, its objects, again, changed, and wrong", { timeout: 30_000 }, async () => {
    const { run } = await startWorld();
    expect((await run("apply -f -", definition)).stdout).toBe(
      "customresourcedefinition.apiextensions.k8s.io/things.example.com created\n",
    );
    expect((await run("apply -f -", thing("a", { size: 1 }))).stdout).toBe("thing.example.com/a created\n");
    expect((await run("apply -f -", thing("a", { size: 1 }))).stdout).toBe("thing.example.com/a unchanged\n");
    expect((await run("apply -f -", thing("a", { size: 2 }))).stdout).toBe("thing.example.com/a configured\n");
    const [wrong, unknown, missing] = await Promise.all([
      run("apply -f -", thing("a", { size: 0 })),
      run("apply -f -", thing("b", { size: 1, foo: 1 })),
      run("apply -f -", thing("c", {})),
    ]);
    expect(wrong.stderr).toBe(
      'The Thing "a" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1\n',
    );
    expect(unknown.stderr).toContain('strict decoding error: unknown field "spec.foo"');
    expect(missing.stderr).toBe('The Thing "c" is invalid: spec.size: Required value\n');
  });

  test("get, describe, explain and api-resources", { timeout: 30_000 }, async () => {
    const { api, run } = await startWorld();
    await api.create(crds, definition);
    const { metadata } = await api.create(things, thing("a", { size: 3 }));
    await api.patch(`${things}/a/status`, { status: { conditions: [{ type: "Ready", status: "True" }] } });
    const event = {
      metadata: { name: "e" },
      involvedObject: { kind: "Thing", name: "a", namespace: "default", uid: metadata.uid },
      reason: "Made",
      message: "it is made",
    };
    await api.create("/api/v1/namespaces/default/events", event);

    await run("get th"); // fills the discovery cache that the others share
    const [table, wide, json, yaml, custom, labels, pods, everywhere, describes, explains, resources] =
      await Promise.all([
        run("get th"),
        run("get thing a -o wide"),
        run("get things a -o json"),
        run("get things.example.com -o yaml"),
        run("get th -o custom-columns=N:.metadata.name,S:.spec.size --no-headers"),
        run("get th -l x=y"),
        run("get pods"),
        run("get namespaces,th -A"),
        run("describe th a"),
        run("explain thing.spec"),
        run("api-resources --api-group=example.com --no-headers"),
      ]);
    expect(table.stdout).toMatch(/^NAME +READY\na +True\n$/);
    expect(wide.stdout).toMatch(/^NAME +READY +SIZE\na +True +3\n$/);
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: "Thing", spec: { size: 3 } });
    expect(yaml.stdout).toContain("kind: Thing");
    expect(custom.stdout).toMatch(/^a +3\n$/);
    expect(labels.stderr).toBe("No resources found in default namespace.\n");
    expect(pods.stderr).toBe("No resources found in default namespace.\n");
    expect(everywhere.stdout).toMatch(/namespace\/kube-system +Active/);
    expect(describes.stdout).toMatch(/Size: +3/);
    expect(describes.stdout).toContain("it is made");
    expect(explains.stdout).toMatch(/size\t<integer> -required-\n +How large it is\./);
    expect(resources.stdout).toMatch(/^things +th +example.com\/v1 +true +Thing\n$/);
  });

  test("patch, label, wait, scale and delete", { timeout: 30_000 }, async () => {
    const { api, run } = await startWorld();
    await api.create(crds, definition);
    await api.create(things, thing("a", { size: 3 }));
    expect((await run(`patch th a --type merge -p {"spec":{"size":4}}`)).stdout).toBe("thing.example.com/a patched\n");
    expect((await run("label th a x=y")).stdout).toBe("thing.example.com/a labeled\n");
    expect(await api.get(`${things}/a`)).toMatchObject({ spec: { size: 4 }, metadata: { labels: { x: "y" } } });

    const [waited] = await Promise.all([
      run("wait --for=condition=Ready th/a --timeout=10s"),
      api.patch(`${things}/a/status`, { status: { conditions: [{ type: "Ready", status: "True" }] } }),
    ]);
    expect(waited.stdout).toBe("thing.example.com/a condition met\n");

    const [dry, serverSide] = await Promise.all([
      run("delete th a --dry-run=server"),
      run("apply --server-side -f -", thing("a", { size: 5 })),
    ]);
    expect(dry.stdout).toContain('"a" deleted');
    expect(serverSide.stderr).toContain("server-side apply is not supported by this API server");
    expect((await run("delete th a")).stdout).toMatch(/^thing\.example\.com "a" deleted/);
    expect((await run("get th a")).stderr).toBe('Error from server (NotFound): things.example.com "a" not found\n');
  });

  test("apply and describe of built-in kinds", { timeout: 30_000 }, async () => {
    const { run } = await startWorld();
    const labels = { app: "web" };
    const containers = [{ name: "web", image: "web:1" }];
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec };
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } };
    const list = { apiVersion: "v1", kind: "List", items: [deployment, service] };
    expect((await run("apply -f -", list)).stdout).toBe("deployment.apps/web created\nservice/web created\n");
    expect((await run("apply -f -", list)).stdout).toBe("deployment.apps/web unchanged\nservice/web unchanged\n");
    const more = { ...deployment, spec: { ...spec, replicas: 2 } };
    expect((await run("apply -f -", more)).stdout).toBe("deployment.apps/web configured\n");
    expect((await run("scale deployment web --replicas=5")).stdout).toBe("deployment.apps/web scaled\n");
    const [get, describes, changed] = await Promise.all([
      run("get deploy,svc"),
      run("describe deploy/web svc/web"),
      run("apply -f -", {
        ...deployment,
        spec: { ...spec, template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:2" }] } } },
      }),
    ]);
    expect(get.stdout).toMatch(/deployment\.apps\/web +0\/5/);
    expect(get.stdout).toMatch(/service\/web +ClusterIP +10\.[\d.]+ +<none> +80\/TCP/);
    expect(describes.stdout).toContain("StrategyType:           RollingUpdate");
    expect(changed.stderr).toContain("use kubectl patch --type merge or kubectl replace");
  });

  test("get --watch shows changes as they come", { timeout: 30_000 }, async () => {
    const { api, environment } = await startWorld();
    await api.create(configMaps, configMap("a"));
    const child = spawn(kubectl, ["get", "configmaps", "--watch", "--no-headers"], { env: environment });
    let output = "";
    const second = Promise.withResolvers<void>();
    const first = Promise.withResolvers<void>();
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (/^a +0/m.test(output)) first.resolve();
      if (/^b +1/m.test(output)) second.resolve();
    });
    await first.promise;
    await api.create(configMaps, { ...configMap("b"), data: { x: "1" } });
    await second.promise;
    child.kill();
    await once(child, "close");
    expect(output).toMatch(/^a +0 +\d+s\nb +1 +\d+s\n$/);
  });
});
