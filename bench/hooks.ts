/**
 * Syncs per second of the hook server, against a bare node:http server that parses the same requests and prints the same
 * answers. Each runs in a process of its own, in turns.
 *
 *   node bootstrap.mjs run bench/hooks.ts [scripts per account, default 20]
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { startHookServer } from "../server/start.ts";
import { accountRequest, answerTo, hookPath, settings } from "./account-request.ts";
import { percentile, printTable, ratio } from "./table.ts";

const connections = 4;
const rounds = 3;
const roundMs = 2_000;
const role = process.env.BENCH_ROLE;
const scripts = Number(process.argv[2] ?? 20);

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

/** Does what no server can do without: reads the JSON, and writes some of the same size. */
async function startBareServer(): Promise<string> {
  const answer = answerTo(accountRequest(scripts));
  const server = createServer(async (incoming, response) => {
    JSON.parse(await text(incoming));
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Round {
  perSecond: number;
  p99Ms: number;
}

async function load(url: string, body: string): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  const startedAt = performance.now();
  const caller = async () => {
    while (performance.now() - startedAt < roundMs) {
      const sentAt = performance.now();
      await post(url, body, agent);
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return { perSecond: latencies.length / seconds, p99Ms: percentile(latencies, 0.99) };
}

function post(url: string, body: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    request(`${url}${hookPath}`, { method: "POST", agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
      response.resume().on("end", resolve);
    })
      .on("error", reject)
      .end(body);
  });
}

async function startIn(childRole: string): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(import.meta.filename, [`${scripts}`], { env: { ...process.env, BENCH_ROLE: childRole } });
  const [url] = (await once(child, "message")) as [string];
  return { url, child };
}

async function compare(): Promise<void> {
  const body = JSON.stringify(accountRequest(scripts));
  const [hooks, bare] = [await startIn("hooks"), await startIn("bare")];
  try {
    const results = { hooks: [] as Round[], bare: [] as Round[] };
    for (let round = 0; round <= rounds; round += 1) {
      const [ofHooks, ofBare] = [await load(hooks.url, body), await load(bare.url, body)];
      if (round === 0) continue; // the first one warms up
      results.hooks.push(ofHooks);
      results.bare.push(ofBare);
    }
    print(results.hooks, results.bare, Buffer.byteLength(body));
  } finally {
    hooks.child.kill();
    bare.child.kill();
  }
}

function print(hooks: Round[], bare: Round[], bytes: number): void {
  const median = (values: Round[], key: keyof Round) =>
    percentile(
      values.map((value) => value[key]),
      0.5,
    );
  const row = (name: string, values: Round[]) => [
    name,
    median(values, "perSecond").toFixed(0),
    ratio(median(values, "perSecond"), median(bare, "perSecond")),
    median(values, "p99Ms").toFixed(1),
    ratio(median(values, "p99Ms"), median(bare, "p99Ms")),
  ];
  console.log(`WorkerAccount with ${scripts} scripts, ${bytes} bytes a request, ${connections} connections\n`);
  printTable(["", "syncs/s", "ratio", "p99 ms", "ratio"], [row("bare node:http", bare), row("hook server", hooks)]);
}

if (role === undefined) await compare();
else
  process.send?.(role === "hooks" ? (await startHookServer({ settings, log: silent })).url : await startBareServer());
