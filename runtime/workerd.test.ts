import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { healthSocket } from "../api/workers/names.ts";
import { temporaryFolder } from "../stores/test-folder.ts";
import { workerdConfig } from "./config.ts";
import { hello, writeCode } from "./test-code.ts";
import { startWorkerd, type WorkerdOptions } from "./workerd.ts";

const sockets = { s: "127.0.0.1:0", [healthSocket]: "127.0.0.1:0" };

async function configured(source: string): Promise<string> {
  const folder = await temporaryFolder();
  const config = join(folder, "config.capnp");
  await mkdir(join(folder, "code"));
  const code = await writeCode(join(folder, "code"), source);
  const worker = { script: "a", directory: "code", code, envPrefix: "A_", socket: "s" };
  await writeFile(config, workerdConfig({ workers: [worker] }));
  return config;
}

async function start(source: string, options: Partial<WorkerdOptions> = {}) {
  return startWorkerd({ config: await configured(source), sockets, ...options });
}

test("serves on the reported port and stops within its grace", async () => {
  const workerd = await start(hello);
  expect(await (await fetch(`http://127.0.0.1:${workerd.ports.s}/`)).text()).toBe("hello");
  await workerd.stop();
  expect(await workerd.exited).toEqual({ code: 0, signal: null });
});

test("a busy worker is killed after the grace, and that is no failure", async () => {
  const busy = `export default { fetch() { console.log("busy"); while (true) {} } };`;
  const { promise, resolve } = Promise.withResolvers<void>();
  const workerd = await start(busy, { onOutput: (text) => text.includes("busy") && resolve() });
  const request = fetch(`http://127.0.0.1:${workerd.ports.s}/`).catch(() => "cut");
  await promise;
  await workerd.stop({ graceMs: 50 });
  expect(await workerd.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(await request).toBe("cut");
});

test.runIf(process.platform === "linux")("memory is watched while it serves", async () => {
  const hog = "const kept = []; export default { fetch() { while (true) kept.push(new Uint8Array(4e6).fill(1)); } };";
  const workerd = await start(hog, { memoryLimitBytes: 200 * 2 ** 20 });
  await fetch(`http://127.0.0.1:${workerd.ports.s}/`).catch(() => undefined);
  expect((await workerd.exited).failure).toMatchObject({ kind: "memory" });
});

test("names the service that workerd complains about", async () => {
  await expect(start("throw new Error('boom');")).rejects.toMatchObject({
    kind: "exit",
    service: "s",
    message: expect.stringContaining("Uncaught Error: boom"),
  });
});

test("a configuration that is not there is a failure of no service", async () => {
  const config = join(await temporaryFolder(), "config.capnp");
  await expect(startWorkerd({ config, sockets: {} })).rejects.toMatchObject({ kind: "exit", service: undefined });
});

test("an executable that cannot be run is nobody's fault", async () => {
  const config = join(await temporaryFolder(), "missing-folder", "config.capnp");
  await expect(startWorkerd({ config, sockets })).rejects.toMatchObject({ kind: "unavailable" });
});

test("no workerd outlives a program that exits", async () => {
  const module = fileURLToPath(new URL("workerd.ts", import.meta.url));
  const program = `import { startWorkerd } from ${JSON.stringify(module)};
    const workerd = await startWorkerd({ config: ${JSON.stringify(await configured(hello))}, sockets: ${JSON.stringify(sockets)} });
    console.log(workerd.ports.s);
    process.exit(3);`;
  const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  parent.stdout.on("data", (data) => {
    output += data;
  });
  await new Promise((resolve) => parent.once("close", resolve));
  const port = Number(output);
  expect(port).toBeGreaterThan(0);
  await expect.poll(() => answers(port)).toBe(false);
});

function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}
