import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { connect } from "../kubernetes/client.ts";
import { startApiServer } from "../local/apiserver/start.ts";
import { sentenceOf } from "./failure.ts";
import { octoplane, temporaryFolder } from "./test-command.ts";

function folder(): string {
  const { path, remove } = temporaryFolder();
  onTestFinished(remove);
  return path;
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

test("errors of the file system say what is wrong with which path", () => {
  const path = folder();
  writeFileSync(join(path, "file"), "");
  expect(sentenceOf(errorOf(() => readFileSync(join(path, "none"))))).toBe(`${path}/none does not exist`);
  expect(sentenceOf(errorOf(() => mkdirSync(join(path, "file"), { recursive: true })))).toBe(
    `${path}/file is a file, and a folder is needed there`,
  );
  expect(sentenceOf(errorOf(() => mkdirSync(join(path, "file", "below"), { recursive: true })))).toContain(
    "a part of it is a file",
  );
  expect(sentenceOf(errorOf(() => readFileSync(path)))).toBe("illegal operation on a directory, read");
});

test("errors of others keep their words", async () => {
  expect(sentenceOf(new Error("the sky fell"))).toBe("the sky fell");
  expect(sentenceOf("told")).toBe("told");
  const refused = await new Promise((resolve) => connectSocket(1, "127.0.0.1").once("error", resolve));
  expect(sentenceOf(refused)).toContain("127.0.0.1:1");
});

test("an API that cannot be reached, or refuses the credentials, is said to", async () => {
  const reason = (url: string, token?: string) => connect({ url, token }).getRaw("/api").catch(sentenceOf);
  expect(await reason("http://127.0.0.1:1")).toBe(
    "the Kubernetes API cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
  );
  expect(await reason("http://localhost:1")).toContain("connect ECONNREFUSED 127.0.0.1:1");
  const server = await startApiServer({ dataFile: ":memory:" });
  onTestFinished(() => server.close());
  expect(await reason(server.url, "wrong")).toBe("the Kubernetes API does not accept the credentials");
});

test("a data folder that is a file is refused in a sentence, before anything is started", async () => {
  const file = join(folder(), "file");
  writeFileSync(file, "precious");
  for (const command of ["up", "status", "down"]) {
    const { code, stderr } = await octoplane([command, "--data-dir", file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(file)]);
    expect(stderr).not.toMatch(/E[A-Z]{4,}|\n {4}at /);
  }
  expect(readFileSync(file, "utf8")).toBe("precious");
});

test.skipIf(process.getuid?.() === 0)("a folder that may not be written is refused in a sentence", async () => {
  const path = folder();
  chmodSync(path, 0o500);
  const { code, stderr } = await octoplane(["up", "--data-dir", join(path, "data")]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("no permission")]);
});

test("a reader who has seen enough is no error", async () => {
  const program = join(import.meta.dirname, "octoplane.ts");
  const child = spawn("bash", ["-c", `set -o pipefail; "${process.execPath}" "${program}" completion bash | true`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, stderr]).toEqual([0, ""]);
});
