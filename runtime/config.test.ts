import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CodeBinding, WorkerCode } from "../api/workers/code.ts";
import { envPrefix, healthSocket, socketName } from "../api/workers/names.ts";
import { temporaryFolder } from "../stores/test-folder.ts";
import { text } from "./capnp.ts";
import {
  CodeError,
  type ConfiguredWorker,
  scriptOfService,
  socketAddresses,
  type WorkerdConfig,
  workerdConfig,
} from "./config.ts";
import { hello, type Source, writeCode } from "./test-code.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";

const main = "index.js";

async function worker(
  folder: string,
  script: string,
  sources: string | Source[],
  changes: Partial<WorkerCode> = {},
): Promise<ConfiguredWorker> {
  const directory = `code-${socketName(script)}`;
  await mkdir(join(folder, directory));
  const code = await writeCode(join(folder, directory), sources, changes);
  return { script, directory, code, envPrefix: envPrefix(script), socket: socketName(script) };
}

async function serve(folder: string, config: WorkerdConfig, env: Record<string, string> = {}): Promise<Workerd> {
  const path = join(folder, "config.capnp");
  await writeFile(path, workerdConfig(config));
  const sockets = socketAddresses(config.workers, "127.0.0.1:0");
  return startWorkerd({ config: path, sockets, env });
}

async function answer(workerd: Workerd, script: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${workerd.ports[socketName(script)]}/`);
  return { status: response.status, body: await response.text() };
}

test("workers reach each other, secrets come from the environment, values arrive as they were", async () => {
  const folder = await temporaryFolder();
  const source = `export default { async fetch(request, env) {
    const other = await env.OTHER.fetch("http://x/");
    const named = await env.NAMED.fetch("http://x/");
    return Response.json([env.TEXT, env.JSON, env.SECRET, await other.text(), await named.text()]);
  } };`;
  const bindings: CodeBinding[] = [
    { type: "plain_text", name: "TEXT", text: 'a"b\\c\n\u0000 – 日本 🦑' },
    { type: "json", name: "JSON", json: { list: [1, null, '"'] } },
    { type: "secret_text", name: "SECRET" },
    { type: "service", name: "OTHER", service: "other" },
    { type: "service", name: "NAMED", service: "other", entrypoint: "Admin" },
  ];
  const otherSource = `import { WorkerEntrypoint } from "cloudflare:workers";
    export class Admin extends WorkerEntrypoint { fetch() { return new Response("admin"); } }
    ${hello}`;
  const workers = [await worker(folder, "my-worker", source, { bindings }), await worker(folder, "other", otherSource)];

  const workerd = await serve(folder, { workers }, { [`${envPrefix("my-worker")}SECRET`]: "s3cret" });
  const { body } = await answer(workerd, "my-worker");
  const health = await fetch(`http://127.0.0.1:${workerd.ports[healthSocket]}/`);
  await workerd.stop();
  expect(health.status).toBe(200);
  expect(JSON.parse(body)).toEqual(['a"b\\c\n\u0000 – 日本 🦑', { list: [1, null, '"'] }, "s3cret", "hello", "admin"]);
});

test("a binding to a missing script or entrypoint answers 503 and names it", async () => {
  const folder = await temporaryFolder();
  const source = `export default { fetch(request, env) { return env[new URL(request.url).hash || "GONE"].fetch(request); } };`;
  const gone = { type: "service" as const, name: "GONE", service: "gone", entrypoint: "Admin" };
  const noEntry = { type: "service" as const, name: "GONE", service: "a", entrypoint: "Admin" };
  const workers = [
    await worker(folder, "a", source, { bindings: [gone] }),
    await worker(folder, "b", source, { bindings: [noEntry] }),
  ];

  const workerd = await serve(folder, { workers, missingEntrypoints: [{ script: "a", entrypoint: "Admin" }] });
  const answers = [await answer(workerd, "a"), await answer(workerd, "b")];
  await workerd.stop();
  expect(answers).toEqual([
    { status: 503, body: 'Worker "gone" is not deployed in this account.\n' },
    { status: 503, body: 'Worker "a" exports no entrypoint "Admin".\n' },
  ]);
});

/** Any sequence of Unicode scalar values, most of them with a byte that needs escaping. */
const scalar = fc.oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }));
const anyText = fc.array(scalar, { maxLength: 40 }).map((points) => String.fromCodePoint(...points));

test("every string round-trips through workerd as a name and as a value", async () => {
  const values = fc.sample(anyText, { numRuns: 150, seed: 1 });
  const bindings = values.map(
    (value, index): CodeBinding => ({ type: "plain_text", name: `${index} ${value}`, text: value }),
  );
  const folder = await temporaryFolder();
  const source = "export default { fetch(request, env) { return Response.json(env); } };";
  const workers = [await worker(folder, "echo", source, { bindings })];

  const workerd = await serve(folder, { workers });
  const { body } = await answer(workerd, "echo");
  await workerd.stop();
  expect(JSON.parse(body)).toEqual(Object.fromEntries(values.map((value, index) => [`${index} ${value}`, value])));
});

const awkward = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc.constantFrom('"', "\\", "\n", '")], (', "{}", "\\x22", "a/b.js", "../a", "embed"),
);

test("workerd accepts the configuration of any names and values", async () => {
  const property = fc.asyncProperty(
    fc.uniqueArray(
      awkward.filter((name) => !name.includes("..")),
      { minLength: 1, maxLength: 4 },
    ),
    fc.array(fc.record({ name: awkward, value: fc.jsonValue() }), { maxLength: 4 }),
    async (moduleNames, values) => {
      const folder = await temporaryFolder();
      const sources = moduleNames.map((name): Source => ({ name: `${name}.js`, content: hello }));
      const bindings = values.flatMap(({ name, value }, index): CodeBinding[] => [
        { type: "json", name: `${name}${index}`, json: value },
        { type: "service", name: `s${name}${index}`, service: name, entrypoint: name },
        { type: "secret_text", name: `e${name}${index}` },
      ]);
      const workerd = await serve(folder, { workers: [await worker(folder, "any", sources, { bindings })] });
      const { body } = await answer(workerd, "any");
      await workerd.stop({ graceMs: 0 });
      expect(body).toBe("hello");
    },
  );
  await fc.assert(property, { numRuns: 10 });
});

/** An independent reading of the format: whatever the text, the literal is one line of printable ASCII that ends once. */
test("a literal is always one printable token", () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const literal = text(value);
      expect(literal).toMatch(/^"(?:[ !#-[\]-~]|\\x[0-9a-f]{2})*"$/);
      const bytes = literal
        .slice(1, -1)
        .replaceAll(/\\x(..)/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
      expect(Buffer.from(bytes, "latin1")).toEqual(Buffer.from(value, "utf8"));
    }),
  );
});

test("the same workers give the same text, and a service leads back to its script", async () => {
  const folder = await temporaryFolder();
  const workers = [await worker(folder, "a", hello), await worker(folder, "b", hello)];
  expect(workerdConfig({ workers })).toBe(workerdConfig({ workers: structuredClone(workers) }));
  expect(scriptOfService(socketName("b"), workers)).toBe("b");
  expect(scriptOfService("platform", workers)).toBeUndefined();
});

test.each(["../a", "a/../b", "", "/etc", 'a"b', ".hidden"])("refuses to embed from %j", async (directory) => {
  const folder = await temporaryFolder();
  const workers = [{ ...(await worker(folder, "a", hello)), directory }];
  expect(() => workerdConfig({ workers })).toThrow(CodeError);
});

test("refuses a binding to a part that was not uploaded", async () => {
  const folder = await temporaryFolder();
  const bindings: CodeBinding[] = [{ type: "wasm_module", name: "WASM", part: "a.wasm" }];
  const workers = [await worker(folder, "a", [{ name: main, content: hello }], { bindings })];
  expect(() => workerdConfig({ workers })).toThrow(
    'the part of the binding "WASM", "a.wasm" is not among the uploaded modules',
  );
});
