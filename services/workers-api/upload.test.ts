import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import {
  accountId,
  hello,
  moduleUpload,
  type Part,
  startWorld,
  upload,
  type World,
} from "../../test/workers-api/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function refusal(form: FormData | string, headers?: Record<string, string>) {
  const { status, errors } = await world.call("PUT", "~/workers/scripts/refused", form, headers);
  expect(status).toBeGreaterThanOrEqual(400);
  expect((await world.client.list(WorkerDeployment)).items).toEqual([]);
  for await (const { key } of world.blobs.list("accounts/")) expect(key).toBe("nothing");
  return `${errors[0]?.code} ${errors[0]?.message}`;
}

const emptyWasm = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

test("every module type arrives as what it is", async () => {
  const main = `
    import text from "./a.txt"; import data from "./a.bin"; import wasm from "./a.wasm"; import common from "./a.cjs";
    import json from "./a.json"; import { other } from "./lib/other.mjs";
    const kinds = [typeof text, data.byteLength, wasm instanceof WebAssembly.Module, common.b, json.a, other];
    if (JSON.stringify(kinds) !== '["string",2,true,2,1,4]') throw new Error(JSON.stringify(kinds));
    export default {};`;
  const parts: Part[] = [
    { name: "index.js", content: main },
    { name: "a.txt", content: "text", type: "text/plain" },
    { name: "a.bin", content: Uint8Array.from([1, 2]), type: "application/octet-stream" },
    { name: "a.wasm", content: emptyWasm, type: "application/wasm" },
    { name: "a.cjs", content: "module.exports = { b: 2 };", type: "application/javascript" },
    { name: "a.json", content: '{"a":1}', type: "application/json" },
    { name: "lib/other.mjs", content: "export const other = 4;" },
    { name: "index.js.map", content: "{}", type: "application/source-map" },
  ];
  expect(await world.call("PUT", "~/workers/scripts/modules", moduleUpload({}, parts))).toMatchObject({ status: 200 });
  const { result } = await world.call("GET", "~/workers/scripts/modules/settings");
  expect(result).toMatchObject({ bindings: [], compatibility_date: "2026-01-01" });
  await world.call("DELETE", "~/workers/services/modules");
  for await (const { key } of world.blobs.list("accounts/")) await world.blobs.delete(key);
});

describe("refuses, and stores nothing", () => {
  test.each<[string, object, string]>([
    [
      "a Durable Object migration",
      { migrations: { new_tag: "v1", steps: [] } },
      "12005 metadata.migrations: Durable Objects are not",
    ],
    ["static assets", { assets: { jwt: "x" } }, "12005 metadata.assets: static assets are not"],
    ["containers", { containers: [{ class_name: "A" }] }, "12005 metadata.containers: containers are not"],
    ["Tail Workers", { tail_consumers: [{ service: "t" }] }, "12005 metadata.tail_consumers: Tail Workers are not"],
    ["a field that nobody knows", { magic: true }, "10021 metadata.magic is not supported by this platform"],
    [
      "a field of the wrong type",
      { compatibility_flags: "x" },
      '10021 metadata.compatibility_flags must be array, not "x"',
    ],
    ["a date that is none", { compatibility_date: "today" }, "10021 metadata.compatibility_date must match pattern"],
    ["a date in the future", { compatibility_date: "2199-01-01" }, "10021 compatibility_date 2199-01-01 is too new"],
    ["an unknown flag", { compatibility_flags: ["no_such"] }, "10021 No such compatibility flag: no_such"],
    ["no main module", { main_module: undefined }, "10021 metadata must have one of main_module and body_part"],
    [
      "a main module that is not there",
      { main_module: "x.js" },
      '10021 metadata.main_module: the upload has no module "x.js"',
    ],
  ])("%s", async (_case, metadata, message) => {
    expect(await refusal(moduleUpload(metadata))).toContain(message);
  });

  test.each<[object, string]>([
    [
      { type: "kv_namespace", name: "A", namespace_id: "x" },
      "12005 metadata.bindings[0] (A): KV namespaces are not supported",
    ],
    [{ type: "durable_object_namespace", name: "A", class_name: "X" }, "(A): Durable Objects are not supported"],
    [
      { type: "constructor", name: "A" },
      '12005 metadata.bindings[0] (A): bindings of type "constructor" are not supported',
    ],
    [{ type: "plain_text", name: "A" }, "10021 metadata.bindings[0].text is required"],
    [{ type: "plain_text", name: "A", text: 1 }, "metadata.bindings[0].text must be string, not 1"],
    [{ type: "service", name: "A", service: "b", props: {} }, "metadata.bindings[0].props is not supported"],
    [{ type: "service", name: "A", service: "../b" }, "metadata.bindings[0].service must match pattern"],
    [{ type: "secret_text", name: "A B", text: "x" }, "metadata.bindings[0].name must match pattern"],
    [{ type: "inherit", name: "A" }, "10057 inherit binding 'A' is invalid"],
    [{ type: "text_blob", name: "A", part: "x" }, 'the part of binding "A": the upload has no module "x"'],
    [{ name: "A" }, "metadata.bindings[0].type is required"],
  ])("binding %j", async (binding, message) => {
    expect(await refusal(moduleUpload({ bindings: [binding] }))).toContain(message);
  });

  test("a secret that is too long, without repeating it", async () => {
    const message = await refusal(
      moduleUpload({ bindings: [{ type: "secret_text", name: "A", text: "s3cret".repeat(1000) }] }),
    );
    expect(message).toContain("metadata.bindings[0].text must NOT have more than 5120 characters");
    expect(message).not.toContain("s3cret");
  });

  test("two bindings of one name", async () => {
    const bindings = ["1", "2"].map((text) => ({ type: "plain_text", name: "A", text }));
    expect(await refusal(moduleUpload({ bindings }))).toContain(
      'metadata.bindings[1].name: two bindings are named "A"',
    );
  });

  test.each<[string, Part, string]>([
    [
      "Python",
      { name: "a.py", content: "", type: "text/x-python" },
      '12005 part "a.py": Python Workers are not supported',
    ],
    [
      "an unknown content type",
      { name: "a", content: "", type: "image/png" },
      'part "a" has the content type image/png',
    ],
    ["a name that is too long", { name: "a".repeat(1025), content: "" }, "at most 1024 characters"],
    ["a control character", { name: "a\u0001b", content: "" }, "no control characters"],
  ])("%s in a part", async (_case, part, message) => {
    expect(await refusal(moduleUpload({}, [{ name: "index.js", content: hello }, part]))).toContain(message);
  });

  test("two parts of one name", async () => {
    const form = moduleUpload();
    form.append("index.js", new File([""], "index.js", { type: "application/javascript+module" }));
    expect(await refusal(form)).toContain('the upload has two parts named "index.js"');
  });

  test("code that throws, with workerd's own words", async () => {
    const form = moduleUpload({}, [{ name: "index.js", content: 'throw new Error("boom");' }]);
    expect(await refusal(form)).toMatch(/^10021 Uncaught Error: boom\n {2}at index\.js:1:7/);
  });

  test("more parts than a Worker can have", async () => {
    const parts = Array.from({ length: 1025 }, (_, index) => ({ name: `m${index}.js`, content: "" }));
    expect(await refusal(moduleUpload({}, parts))).toContain("the Worker has 1025 modules; at most 1024 are allowed");
  });

  test("metadata that is missing, doubled, broken or nested without end", async () => {
    const missing = moduleUpload();
    missing.delete("metadata");
    expect(await refusal(missing)).toContain("the upload must have one part metadata");
    const doubled = moduleUpload();
    doubled.append("metadata", "{}");
    expect(await refusal(doubled)).toContain("the upload must have one part metadata");
    const broken = moduleUpload();
    broken.set("metadata", "{");
    expect(await refusal(broken)).toContain("metadata is not JSON");
    const nested = moduleUpload();
    nested.set("metadata", `${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    expect(await refusal(nested)).toContain("metadata is nested deeper than 64 levels");
  });

  test("what is no multipart, or ends early", async () => {
    expect(await refusal("{}", { "Content-Type": "application/json" })).toContain(
      "the request must be multipart/form-data",
    );
    expect(await refusal("{}", { "Content-Type": "multipart/form-data" })).toContain("with a boundary");
    const cut = '--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{}';
    expect(await refusal(cut, { "Content-Type": "multipart/form-data; boundary=x" })).toContain(
      "not valid multipart/form-data",
    );
  });

  test("more bytes than an upload may have", async () => {
    const large = new Uint8Array(65 * 2 ** 20);
    const code = [
      { name: "index.js", content: hello },
      { name: "a.bin", content: large, type: "application/octet-stream" },
    ];
    expect(await refusal(moduleUpload({}, code))).toContain("10027 the Worker's modules have 68157");
    const vars = [{ type: "plain_text", name: "A", text: "x".repeat(1_000_000) }];
    expect(await refusal(moduleUpload({ bindings: vars }))).toContain("at most 900000 are allowed");
  });
});

test.each(["a.b", "-a", "a-", "%2e%2e", "a%2fb", "%00", "a".repeat(64), "é"])(
  "refuses %s as a script's name",
  async (name) => {
    const answer = await world.call("PUT", `~/workers/scripts/${name}`, moduleUpload());
    expect(answer.errors[0]?.code).toBeOneOf([12003, 7003]);
  },
);

test("a path that is no URL is refused in an envelope", async () => {
  expect(await world.call("GET", "~/workers/scripts/%E0%A4%A/settings")).toMatchObject({
    status: 400,
    errors: [{ code: 12002 }],
  });
});

test("a body that never ends is refused, and the connection with it", async () => {
  const { hostname, port } = new URL(world.url);
  const socket = connect(Number(port), hostname);
  const head = [
    `PUT /client/v4/accounts/${accountId}/workers/scripts/a/secrets HTTP/1.1`,
    "Host: api",
    `Authorization: Bearer ${world.token}`,
    "Content-Length: 100000000",
    "",
    "",
  ];
  await world.call("PUT", "~/workers/scripts/a", moduleUpload());
  socket.write(head.join("\r\n"));
  const answer = new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString())));
  socket.write(Buffer.alloc(3 * 2 ** 20));
  expect(await answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close[\s\S]*12004/i);
  socket.destroy();
});

test("a service worker without its body is refused", async () => {
  const form = upload({ body_part: "script" }, []);
  expect(await world.call("PUT", "~/workers/scripts/sw", form)).toMatchObject({
    status: 400,
    errors: [{ code: 10021 }],
  });
});
