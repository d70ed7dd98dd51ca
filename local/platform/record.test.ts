import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startApiServer } from "../apiserver/start.ts";
import { openFolder } from "./folder.ts";
import { holdFolder, isHeld } from "./hold.ts";
import { stateOf, writeRecord } from "./record.ts";

function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "octoplane-record-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return openFolder(path);
}

/** A process that holds the folder and does nothing else. */
async function holder(path: string): Promise<ChildProcess> {
  const program = `
    import { holdFolder } from ${JSON.stringify(join(import.meta.dirname, "hold.ts"))};
    const hold = holdFolder({ path: process.argv[1] });
    console.log("holding");
    setInterval(() => hold, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout) await once(child.stdout, "data");
  return child;
}

test("a folder that nobody runs has ended, whatever its record says", async () => {
  const folder = temporaryFolder();
  expect(await stateOf(folder)).toBe("ended");
  const ports = { router: 1, api: 1, kubernetes: 1 };
  writeRecord(folder, { pid: process.pid, ports, preferredPorts: ports, kubernetesUrl: "http://127.0.0.1:1" });
  expect(await stateOf(folder)).toBe("ended");
});

test("a platform that is stopped is silent, not ended; killed, it has ended", async () => {
  const folder = temporaryFolder();
  const child = await holder(folder.path);
  child.kill("SIGSTOP");
  expect(await stateOf(folder)).toBe("silent");
  expect(holdFolder(folder)).toBeUndefined();
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await stateOf(folder)).toBe("ended");
});

test("a platform answers who has its token", async () => {
  const folder = temporaryFolder();
  const server = await startApiServer({ dataFile: ":memory:", token: folder.token });
  onTestFinished(() => server.close());
  const ports = { router: 1, api: 1, kubernetes: 1 };
  writeRecord(folder, { pid: process.pid, ports, preferredPorts: ports, kubernetesUrl: server.url });
  expect(await stateOf(folder)).toBe("answers");
  expect(await stateOf({ ...folder, token: "another" })).toBe("ended");
});

test("a folder is held once, and free again when it is released", () => {
  const folder = temporaryFolder();
  const hold = holdFolder(folder);
  expect([hold === undefined, isHeld(folder), holdFolder(folder)]).toEqual([false, true, undefined]);
  hold?.release();
  expect(isHeld(folder)).toBe(false);
});
