import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const program = join(import.meta.dirname, "program.ts");

/** Runs `body` as the start of a program; the process says `up` when its signals are heard. */
function run(body: string) {
  const source = `
    import { runProgram } from ${JSON.stringify(program)};
    const log = { info: console.log, error: console.error };
    setInterval(() => {}, 1000);
    const running = runProgram(log, async () => { ${body} });
    console.log("up");
    await running;`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, up: once(child.stdout, "data"), ended: once(child, "close"), errors: text(child.stderr) };
}

test("a signal closes what was started, then ends the process", async () => {
  const { child, up, ended, errors } = run(`return { close: async () => console.error("closed") };`);
  await up;
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(await errors).toBe("closed\n");
});

test("a signal ends a program that is still starting", async () => {
  const { child, up, ended } = run("await new Promise(() => {});");
  await up;
  child.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
});

test("a start that fails is one line and exit code 1", async () => {
  const { ended, errors } = run(`throw new Error("SETTINGS is not set");`);
  expect(await ended).toEqual([1, null]);
  expect(await errors).toBe("SETTINGS is not set\n");
});
