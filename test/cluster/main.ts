/**
 * A Kubernetes cluster of processes on this machine, for tests and for people:
 *
 *   npm run cluster -- up           starts it and returns; an existing one is kept
 *   npm run cluster -- install      builds the platform's images and installs it there, or its newer version
 *   npm run cluster -- hold         both, and ends all of it when standard input ends
 *   npm run cluster -- down         ends it and takes every trace away
 *   npm run cluster -- status       what runs
 *   npm run cluster -- kubeconfig   the path of its kubeconfig
 */

import { down, runningCluster, up } from "./harness/cluster.ts";
import { adminKubeconfig } from "./harness/folders.ts";
import { isAlive } from "./harness/processes.ts";
import { readRecord } from "./harness/record.ts";
import { install } from "./install.ts";

const onProgress = (what: string) => void process.stderr.write(`${what}\n`);

const commands: Record<string, () => Promise<void>> = {
  up: async () => {
    const startedAt = performance.now();
    await up(onProgress);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    onProgress(`the cluster is up (${seconds} s)`);
    console.log(`export KUBECONFIG=${adminKubeconfig}`);
  },

  async install() {
    const { driver, router, apiBaseUrl } = await install(await up(onProgress), onProgress);
    console.log(`driven by ${driver}; workers answer at ${router}, wrangler talks to ${apiBaseUrl}`);
  },

  async hold() {
    const ended = new Promise((resolve) => process.stdin.resume().once("end", resolve).once("close", resolve));
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.stdin.destroy());
    // Whoever started one by hand also ends it.
    const isOurs = runningCluster() === undefined;
    try {
      await install(await up(onProgress), onProgress);
      console.log("ready");
      await ended;
    } finally {
      if (isOurs) await down(onProgress);
    }
  },

  down: () => down(onProgress),

  async status() {
    const record = readRecord();
    if (record === undefined) return console.log("no cluster runs on this machine");
    for (const each of record.processes)
      console.log(`${isAlive(each) ? "running" : "ended  "}  ${each.name} (${each.pid})`);
    console.log(runningCluster() === undefined ? "the cluster is not whole: end it with `down`" : "the cluster is up");
  },

  async kubeconfig() {
    if (runningCluster() === undefined)
      throw new Error("no cluster runs on this machine; start one with: npm run cluster -- up");
    console.log(adminKubeconfig);
  },
};

const [name = "", ...rest] = process.argv.slice(2);
const command = commands[name];
if (command === undefined || rest.length > 0) {
  console.error(`usage: npm run cluster -- ${Object.keys(commands).join("|")}`);
  process.exitCode = name === "" || name === "--help" ? 0 : 2;
} else {
  try {
    await command();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
