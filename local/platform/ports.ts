/**
 * The ports of a platform: the router's is chosen, the others follow it, and whatever is taken is replaced by a free
 * one. What was used last time is preferred, so that `wrangler.env` and bookmarks stay true after a restart.
 */

import { readFileSync } from "node:fs";
import { createServer } from "node:net";

export interface Ports {
  router: number;
  api: number;
  kubernetes: number;
}

export const defaultPort = 8080;

export class PortTaken extends Error {
  constructor(port: number) {
    super(`port ${port} is taken by another program; choose one with --port`);
    this.name = "PortTaken";
  }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

async function freeOf(candidates: readonly number[], taken: readonly number[]): Promise<number> {
  for (const port of candidates) {
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  return freePort();
}

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export function rememberedPorts(file: string): Partial<Ports> {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { ports?: Partial<Ports> }).ports ?? {};
  } catch {
    return {};
  }
}

/**
 * @param asked the router's port as the user gave it: then it must be free. 0 takes any free one.
 * @throws PortTaken when the asked port is not free.
 */
export async function choosePorts(asked: number | undefined, before: Partial<Ports>): Promise<Ports> {
  if (asked !== undefined && asked !== 0 && !(await isFree(asked))) throw new PortTaken(asked);
  const wanted = asked ?? before.router ?? defaultPort;
  const router = wanted === 0 ? await freePort() : await freeOf([wanted, wanted + 10, wanted + 20], []);
  const kept = router === before.router ? before : {};
  const api = await freeOf([kept.api ?? router + 1, router + 1], [router]);
  const kubernetes = await freeOf([kept.kubernetes ?? router + 2, router + 2], [router, api]);
  return { router, api, kubernetes };
}
