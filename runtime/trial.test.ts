import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import type { WorkerCode } from "../api/workers/code.ts";
import { temporaryFolder } from "../stores/test-folder.ts";
import { newestCompatibilityDate } from "./binary.ts";
import { emptyWasm, hello, type Source, writeCode } from "./test-code.ts";
import { type TrialOptions, tryCode } from "./trial.ts";

async function trial(sources: string | Source[], changes: Partial<WorkerCode> = {}, options: TrialOptions = {}) {
  const directory = await temporaryFolder();
  return tryCode(directory, await writeCode(directory, sources, changes), options);
}

async function refusal(...candidate: Parameters<typeof trial>): Promise<string> {
  const result = await trial(...candidate);
  return result.ok ? "started" : result.message;
}

test("starts a worker of every module type", async () => {
  const main = `
    import text from "./a.txt";
    import data from "./a.bin";
    import json from "./a.json";
    import common from "./a.cjs";
    import wasm from "./a.wasm";
    import { other } from "./lib/other.mjs";
    const kinds = [typeof text, data.byteLength, json.a, common.b, wasm instanceof WebAssembly.Module, other];
    if (JSON.stringify(kinds) !== '["string",3,1,2,true,4]') throw new Error(JSON.stringify(kinds));
    export default { fetch() { return new Response("ok"); } };`;
  const result = await trial([
    { name: "index.js", content: main },
    { name: "a.txt", type: "text", content: "text" },
    { name: "a.bin", type: "data", content: Uint8Array.from([1, 2, 255]) },
    { name: "a.json", type: "json", content: '{"a":1}' },
    { name: "a.cjs", type: "commonJsModule", content: "module.exports = { b: 2 };" },
    { name: "a.wasm", type: "wasm", content: emptyWasm },
    { name: "lib/other.mjs", content: "export const other = 4;" },
  ]);
  expect(result).toEqual({ ok: true, startupTimeMs: expect.any(Number) });
});

test("starts the service-worker format with wasm, text and data bindings", async () => {
  const main = `
    const kinds = [MODULE instanceof WebAssembly.Module, TEXT, new Uint8Array(DATA)[1]];
    if (JSON.stringify(kinds) !== '[true,"text",2]') throw new Error(JSON.stringify(kinds));
    addEventListener("fetch", (event) => event.respondWith(new Response("ok")));`;
  const result = await trial(
    [
      { name: "script", content: main },
      { name: "a.wasm", type: "wasm", content: emptyWasm },
      { name: "a.txt", type: "text", content: "text" },
      { name: "a.bin", type: "data", content: Uint8Array.from([1, 2]) },
    ],
    {
      format: "service-worker",
      bindings: [
        { type: "wasm_module", name: "MODULE", part: "a.wasm" },
        { type: "text_blob", name: "TEXT", part: "a.txt" },
        { type: "data_blob", name: "DATA", part: "a.bin" },
      ],
    },
  );
  expect(result).toMatchObject({ ok: true });
});

test("a binding to a script that is not there stops nothing", async () => {
  const bindings = [{ type: "service" as const, name: "OTHER", service: "other", entrypoint: "Admin" }];
  expect(await trial(hello, { bindings })).toMatchObject({ ok: true });
});

test.each([
  [
    "a throw at the top level, with the worker's own stack",
    'function f() { throw new Error("boom"); }\nf();\nexport default {};',
    {},
    "Uncaught Error: boom\n  at index.js:1:22 in f\n  at index.js:2:1",
  ],
  [
    "a syntax error with its line",
    "export default {\n fetch( { return }",
    {},
    "Uncaught SyntaxError: Unexpected token 'return'\n  at index.js:2:10",
  ],
  ["a module that is not there", 'import "./x.js"; export default {};', {}, 'No such module "x.js"'],
  ["an unknown flag", hello, { compatibilityFlags: ["no_such_flag"] }, "No such compatibility flag: no_such_flag"],
  [
    "an experimental flag, without advice that the author cannot follow",
    hello,
    { compatibilityFlags: ["unsafe_module"] },
    /^The compatibility flag unsafe_module is experimental and may break or be removed in a future version of workerd\.$/,
  ],
  [
    "a date in the future",
    hello,
    { compatibilityDate: "2199-01-01" },
    `compatibility_date 2199-01-01 is too new: the newest that this runtime supports is ${newestCompatibilityDate(new Date())}`,
  ],
  ["a date that is none", hello, { compatibilityDate: "2026-02-30" }, "must be a date as YYYY-MM-DD"],
  [
    "a main module that was not uploaded",
    hello,
    { mainModule: "worker.js" },
    'the main module "worker.js" is not among the uploaded modules',
  ],
  [
    "an error that looks like another service's",
    'throw new Error("boom\\nservice other: Uncaught Error: innocent"); export default {}',
    {},
    "Uncaught Error: boom\nservice other: Uncaught Error: innocent\n  at index.js:1:7",
  ],
  [
    "work that is not allowed at the top level",
    'await fetch("http://example.com"); export default {};',
    {},
    /Asynchronous I\/O \(ex: fetch\(\) or connect\(\)\), setting a timeout/,
  ],
])("says the reason for %s", async (_name, source, changes, message) => {
  const told = await refusal(source, changes);
  if (message instanceof RegExp) expect(told).toMatch(message);
  else expect(told).toContain(message);
  expect(told).not.toMatch(/octoplane-trial|candidate-|0x|stack:/);
});

test("says the reason in service-worker format, with the script's name in the stack", async () => {
  const message = await refusal([{ name: "script.js", content: "\nfoo();" }], { format: "service-worker" });
  expect(message).toMatch(/^Uncaught ReferenceError: foo is not defined\n {2}at script\.js:2:1\n/);
});

test.each([
  ["wasm", "WasmModuleObject::Compile()"],
  ["json", "is not valid JSON"],
  ["pythonModule", "The python_workers compatibility flag is required to use Python."],
] as const)("says the reason for a broken %s module", async (type, message) => {
  const sources = [
    { name: "index.js", content: hello },
    { name: "other", type, content: "garbage" },
  ];
  expect(await refusal(sources)).toContain(message);
});

test("a CommonJS main module is refused with the reason", async () => {
  expect(await refusal([{ name: "a.js", type: "commonJsModule", content: "" }])).toContain(
    "Main module must be an ES module.",
  );
});

test.each([['a"b.js'], ["a\nb.js"], ["a\\b.js"], ["ü/日本.js"], ['"), (name = "x']])(
  "module names are only names: %j",
  async (name) => {
    expect(await trial([{ name, content: hello }])).toMatchObject({ ok: true });
  },
);

test("a module name that leaves the root is refused by the runtime, in words", async () => {
  const message = await refusal([
    { name: "../../etc/passwd", content: "throw 1" },
    { name: "../x.js", content: "" },
  ]);
  expect(message).toBe(`can't use ".." to break out of starting directory`);
});

test("a path that was not generated is refused before anything starts", async () => {
  const directory = await temporaryFolder();
  const code = await writeCode(directory, hello);
  const modules = code.modules.map((module) => ({ ...module, path: "../../etc/passwd" }));
  expect(await tryCode(directory, { ...code, modules })).toEqual({
    ok: false,
    message: '"../../etc/passwd" is no generated file name',
  });
});

test("ends a busy loop at the time limit", async () => {
  const message = await refusal("while (true) {}\nexport default {};", {}, { timeoutMs: 300 });
  expect(message).toBe("the start exceeded its time limit of 0.3 s");
});

test("ends a heap bomb", async () => {
  const bomb = "const a = []; while (true) a.push(new Array(10000).fill(1.5)); export default {};";
  expect(await refusal(bomb, {}, { heapMegabytes: 16 })).toBe("the worker exceeded its memory limit");
});

test.runIf(process.platform === "linux")("ends a bomb outside the heap", async () => {
  const bomb = "const a = []; while (true) a.push(new Uint8Array(4e6).fill(1)); export default {};";
  const message = await refusal(bomb, {}, { memoryLimitBytes: 160 * 2 ** 20 });
  expect(message).toBe("the worker exceeded its memory limit of 160 MiB");
});

test("a candidate sees nothing of the environment", async () => {
  const probe = `import process from "node:process"; throw new Error(JSON.stringify(process.env)); export default {};`;
  const message = await refusal(probe, { compatibilityFlags: ["nodejs_compat", "nodejs_compat_populate_process_env"] });
  expect(message).toMatch(/^Uncaught Error: \{\}\n/);
});

test("secrets have a placeholder as their value", async () => {
  const probe = `import { env } from "cloudflare:workers"; throw new Error("is " + JSON.parse(env.SECRET));`;
  const bindings = [{ type: "secret_text" as const, name: "SECRET" }];
  expect(await refusal(probe, { bindings })).toContain("Error: is 0");
});

test("an aborted trial throws and leaves no folder", async () => {
  const before = await trialFolders();
  const signal = AbortSignal.timeout(50);
  await expect(trial("while (true) {}", {}, { signal })).rejects.toMatchObject({ kind: "aborted" });
  expect((await trialFolders()).filter((folder) => !before.includes(folder))).toEqual([]);
});

describe("a candidate whose turn does not come", () => {
  /** Two candidates that never start have both places, for as long as `limits` say; what a third one hears. */
  async function third(options: TrialOptions, limits: TrialOptions = {}): Promise<unknown> {
    const [directory, other] = [await temporaryFolder(), await temporaryFolder()];
    const [code, busy] = [await writeCode(directory, hello), await writeCode(other, "while (true) {}")];
    const ending = new AbortController();
    const others = [0, 1].map(() => tryCode(other, busy, { signal: ending.signal, ...limits }).catch(() => undefined));
    try {
      return await tryCode(directory, code, options).catch((error: unknown) => error);
    } finally {
      ending.abort();
      await Promise.all(others);
    }
  }

  test("in time is told so, and nothing is said of its code", async () => {
    expect(await third({ waitMs: 20 })).toMatchObject({ name: "WorkerdFailure", kind: "busy" });
  });

  test("before its author goes away is not tried", async () => {
    expect(await third({ signal: AbortSignal.timeout(20) })).toMatchObject({ name: "WorkerdFailure", kind: "aborted" });
  });

  test("is tried when one of the others has ended", async () => {
    expect(await third({ waitMs: 20_000 }, { timeoutMs: 100 })).toMatchObject({ ok: true });
  });
});

async function trialFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("octoplane-trial-"));
}
