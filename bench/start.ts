/**
 * `octoplane up --example` from the command to the first answer: cold (an empty data folder, so that wrangler deploys and
 * an image is built) and warm (everything is there from last time).
 *
 *   node bootstrap.mjs run bench/start.ts [rounds, default 3]
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { percentile, printTable, ratio } from "./table.ts";

const bootstrap = join(import.meta.dirname, "..", "bootstrap.mjs");
const rounds = Number(process.argv[2] ?? 3);
const limits = { cold: 60, warm: 5 };
const longestSeconds = 120;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Seconds until the example answers; the platform is ended afterwards. */
async function start(dataDir: string, port: number): Promise<number> {
  const startedAt = performance.now();
  const args = [bootstrap, "up", "--example", "--data-dir", dataDir, "--port", `${port}`];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  try {
    await answer(await printedUrl(child));
    return (performance.now() - startedAt) / 1000;
  } finally {
    await end(child);
  }
}

function printedUrl(child: ChildProcess): Promise<URL> {
  const { promise, resolve, reject } = Promise.withResolvers<URL>();
  let output = "";
  const read = (chunk: Buffer) => {
    output += stripVTControlCharacters(chunk.toString());
    const url = /answers at\s+(http:\S+)/.exec(output)?.[1];
    if (url !== undefined) resolve(new URL(url));
  };
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  child.once("exit", () => reject(new Error(`the platform ended before it answered:\n${output}`)));
  const seconds = `${longestSeconds} s`;
  const timer = setTimeout(() => reject(new Error(`no answer within ${seconds}:\n${output}`)), longestSeconds * 1000);
  return promise.finally(() => clearTimeout(timer));
}

/** Node may not resolve `*.localhost`, so the Host header says it. */
function answer({ host, port }: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, headers: { host } }, (response) => {
      response.resume();
      if (response.statusCode === 200) response.on("end", resolve);
      else reject(new Error(`http://${host} answers ${response.statusCode}`));
    })
      .on("error", reject)
      .end();
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

const seconds: Record<keyof typeof limits, number[]> = { cold: [], warm: [] };
for (let round = 0; round < rounds; round += 1) {
  const dataDir = await mkdtemp(join(tmpdir(), "octoplane-bench-"));
  try {
    const port = await freePort();
    seconds.cold.push(await start(dataDir, port));
    seconds.warm.push(await start(dataDir, port));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

const rows = (["cold", "warm"] as const).map((kind) => {
  const median = percentile(seconds[kind], 0.5);
  const slowest = Math.max(...seconds[kind]);
  return [kind, median.toFixed(1), slowest.toFixed(1), `${limits[kind]}`, ratio(median, limits[kind])];
});
console.log(`octoplane up --example, ${rounds} rounds\n`);
printTable(["", "median s", "slowest s", "limit s", "median/limit"], rows);
