/** Keep-alive connections to endpoints: one pool each, and a count of what is in flight. */

import { Agent } from "node:http";
import type { Endpoint } from "./endpoints.ts";

export interface EndpointPools {
  /** The endpoint with the fewest requests in flight; equals take turns. `undefined` when there is none. */
  choose(endpoints: readonly Endpoint[]): Endpoint | undefined;
  /** Counts the request as in flight until `use` settles. */
  using<T>(endpoint: Endpoint, use: (agent: Agent) => Promise<T>): Promise<T>;
  /** Closes the endpoint's idle connections: one of them proved dead, so the others are doubtful. */
  closeIdle(endpoint: Endpoint): void;
  /** Closes idle connections to endpoints that exist no more; those in use close when their answer is complete. */
  keepOnly(keys: ReadonlySet<string>): void;
  /** Closes everything. */
  close(): void;
}

interface Pool {
  agent: Agent;
  inFlight: number;
}

/** workerd closes a connection that was idle for 5 s: the router should be the first to do so. */
const idleMs = 4_000;
const idleConnections = 64;

export function endpointPools(): EndpointPools {
  const pools = new Map<string, Pool>();
  let turn = 0;

  function poolOf({ key }: Endpoint): Pool {
    const known = pools.get(key);
    if (known) return known;
    const agent = new Agent({ keepAlive: true, maxFreeSockets: idleConnections, scheduling: "lifo", timeout: idleMs });
    const fresh = { agent, inFlight: 0 };
    pools.set(key, fresh);
    return fresh;
  }

  return {
    choose(endpoints) {
      turn = (turn + 1) % 1_000_003;
      const load = (each: Endpoint) => pools.get(each.key)?.inFlight ?? 0;
      const rotated = endpoints.map((_, i) => endpoints[(i + turn) % endpoints.length] as Endpoint);
      return rotated.reduce<Endpoint | undefined>(
        (best, each) => (best === undefined || load(each) < load(best) ? each : best),
        undefined,
      );
    },
    async using(endpoint, use) {
      const pool = poolOf(endpoint);
      pool.inFlight += 1;
      try {
        return await use(pool.agent);
      } finally {
        pool.inFlight -= 1;
      }
    },
    closeIdle: (endpoint) => destroyIdle(poolOf(endpoint).agent),
    keepOnly(keys) {
      for (const [key, { agent }] of pools) {
        if (keys.has(key)) continue;
        pools.delete(key);
        agent.maxFreeSockets = 0;
        destroyIdle(agent);
      }
    },
    close() {
      for (const { agent } of pools.values()) agent.destroy();
      pools.clear();
    },
  };
}

function destroyIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
