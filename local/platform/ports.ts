/**
 * The ports of a platform: the router's is chosen, the others follow it. What was used last time is preferred, so that
 * `wrangler.env` and bookmarks stay true after a restart; a port that is taken is replaced for this time only.
 */

import { createServer } from "node:net";

export interface Ports {
  router: number;
  api: number;
  kubernetes: number;
}

/** A port that had to be replaced because another program has it. */
export interface MovedPort {
  what: keyof Ports;
  from: number;
  to: number;
}

export interface ChosenPorts {
  ports: Ports;
  /** What the next start tries first. */
  preferred: Ports;
  moved: MovedPort[];
}

export const defaultPort = 8080;
const steps = [10, 20];

export class PortUnusable extends Error {
  constructor(port: number, why: string) {
    super(`port ${port} ${why}; choose one with --port`);
    this.name = "PortUnusable";
  }
}

/**
 * @param asked the router's port as the user gave it: then it must be free. 0 takes any free one.
 * @param before what was preferred last time.
 * @throws PortUnusable when the asked port is not free or not allowed.
 */
export async function choosePorts(asked: number | undefined, before: Ports | undefined): Promise<ChosenPorts> {
  const preferred = await preferredPorts(asked, before);
  const ports: Ports = { router: 0, api: 0, kubernetes: 0 };
  for (const what of ["router", "api", "kubernetes"] as const) {
    const wanted = preferred[what];
    const refusal = await whyNotFree(wanted);
    if (refusal !== undefined && what === "router" && asked !== undefined) throw new PortUnusable(wanted, refusal);
    const others = Object.values(ports);
    ports[what] = await firstFree([wanted, ...steps.map((step) => wanted + step)], others);
  }
  const moved = (["router", "api", "kubernetes"] as const)
    .map((what) => ({ what, from: preferred[what], to: ports[what] }))
    .filter(({ from, to }) => from !== to);
  return { ports, preferred, moved };
}

async function preferredPorts(asked: number | undefined, before: Ports | undefined): Promise<Ports> {
  if (before !== undefined && (asked ?? before.router) === before.router) return before;
  if (asked === 0) return freePorts();
  const router = asked ?? defaultPort;
  return { router, api: router + 1, kubernetes: router + 2 };
}

/** Undefined when a server could listen there. */
function whyNotFree(port: number): Promise<string | undefined> {
  if (port > 65_535) return Promise.resolve("does not exist");
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "EACCES" ? "may only be used by root" : "is taken by another program"),
    );
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(undefined)));
  });
}

async function firstFree(candidates: readonly number[], taken: readonly number[]): Promise<number> {
  for (const port of candidates) {
    if (!taken.includes(port) && (await whyNotFree(port)) === undefined) return port;
  }
  const [port] = await freeOnes(1);
  return port ?? 0;
}

async function freePorts(): Promise<Ports> {
  const [router = 0, api = 0, kubernetes = 0] = await freeOnes(3);
  return { router, api, kubernetes };
}

/** All are held until the last one is found, so that they differ. */
async function freeOnes(count: number): Promise<number[]> {
  const probes = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = probes.map((probe) => {
    const address = probe.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}

function listenAnywhere() {
  const probe = createServer();
  return new Promise<typeof probe>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => resolve(probe));
  });
}
