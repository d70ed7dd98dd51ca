import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openFolder } from "../local/platform/folder.ts";
import { writeRecord } from "../local/platform/record.ts";
import { endPlatform } from "./end-platform.ts";
import { octoplane, temporaryFolder } from "./test-command.ts";

/** A process that holds the data folder as a platform does, and answers nobody. */
async function silentPlatform(onSignal: string): Promise<{ path: string; child: ChildProcess }> {
  const { path, remove } = temporaryFolder();
  const folder = openFolder(path);
  const program = `
    import { holdFolder } from ${JSON.stringify(join(import.meta.dirname, "..", "local", "platform", "hold.ts"))};
    const hold = holdFolder({ path: process.argv[1] });
    process.on("SIGTERM", () => { ${onSignal} });
    console.log("holding");
    setInterval(() => hold, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await once(child, "exit");
    remove();
  });
  if (child.stdout) await once(child.stdout, "data");
  const ports = { router: 1, api: 1, kubernetes: 1 };
  const kubernetesUrl = "http://127.0.0.1:1";
  writeRecord(folder, { pid: child.pid ?? 0, ports, preferredPorts: ports, kubernetesUrl });
  return { path, child };
}

test("a platform that is stopped ends in order", async () => {
  const { path, child } = await silentPlatform("process.exit(0)");
  child.kill("SIGSTOP");
  expect(await endPlatform(path)).toBe(true);
});

test("one that does not end keeps its data, and the process to kill is named", async () => {
  const { path, child } = await silentPlatform("");
  await expect(endPlatform(path, 100)).rejects.toThrow(`kill -9 ${child.pid}`);
  expect(existsSync(join(path, "state.sqlite"))).toBe(true);
});

test("one that hangs is neither running nor gone for the other commands", async () => {
  const { path, child } = await silentPlatform("");
  for (const command of ["status", "up"]) {
    const { code, stderr } = await octoplane([command, "--data-dir", path]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(`process ${child.pid}.*hangs`)]);
  }
});

test("nobody runs a folder that is not there", async () => {
  expect(await endPlatform("/nowhere")).toBe(false);
});
