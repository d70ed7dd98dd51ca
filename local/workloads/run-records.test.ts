import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { endRun, runRecords } from "./run-records.ts";

let directory: string;
const children: ReturnType<typeof spawn>[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "octoplane-run-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

interface Sleeper {
  pid: number;
  exited: Promise<unknown>;
}

function sleeper(): Sleeper {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  children.push(child);
  return { pid: child.pid ?? 0, exited: once(child, "exit") };
}

async function noted(pid: number): Promise<string> {
  const file = join(directory, `${pid}.json`);
  return vi.waitUntil(() => readdirSync(directory).includes(`${pid}.json`) && file);
}

it("ends what an earlier run left", async () => {
  const { pid, exited } = sleeper();
  runRecords(directory).add(pid, "sleeper");
  await noted(pid);
  await endRun(directory);
  await exited;
  expect(existsSync(directory)).toBe(false);
});

it("leaves a process alone that has only the same number", async () => {
  const process = sleeper();
  const { pid } = process;
  runRecords(directory).add(pid, "sleeper");
  const file = await noted(pid);
  const record = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...record, identity: "another boot:1" }));
  await endRun(directory);
  await expectAlive(process);
});

it("forgets what has ended", async () => {
  const process = sleeper();
  const { pid } = process;
  const records = runRecords(directory);
  records.add(pid, "sleeper");
  await noted(pid);
  records.remove(pid);
  await endRun(directory);
  await expectAlive(process);
});

it.each(["", "{", "{}", `{"pid":1,"identity":"x"}`, `{"pid":-1,"identity":"x"}`])(
  "ignores a note of %j",
  async (text) => {
    writeFileSync(join(directory, "1.json"), text);
    await expect(endRun(directory)).resolves.toBeUndefined();
  },
);

it("has nothing to do where no run was", async () => {
  await expect(endRun(join(directory, "none"))).resolves.toBeUndefined();
});

/** It ends by this signal, so it had not been killed before. */
async function expectAlive({ pid, exited }: Sleeper): Promise<void> {
  process.kill(pid, "SIGTERM");
  expect(await exited).toEqual([null, "SIGTERM"]);
}
