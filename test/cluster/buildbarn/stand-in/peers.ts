/** Those whom a program needs: shards that it knows, and the runner of a worker. */

import { connect, type NetConnectOpts, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Config, type Json, textsOf, valuesOf } from "./config.ts";

const askEveryMs = 500;
const storagePort = 8981;

/** `host:port` of each shard that the configuration names. */
export function shardsIn(value: Json): string[] {
  const named = valuesOf("shards", value).flatMap((shards) => textsOf("address", shards));
  return [...new Set(named)].sort();
}

/** Says which shard was there once and is there no more, while this program lives. */
export function watchShards({ value }: Config, onLoss: (address: string) => void): void {
  for (const address of shardsIn(value)) void watch(address, onLoss);
}

async function watch(address: string, onLoss: (address: string) => void): Promise<void> {
  let wasThere = false;
  for (;;) {
    const isThere = await connects(address);
    if (wasThere && !isThere) onLoss(address);
    wasThere = isThere;
    await delay(askEveryMs, undefined, { ref: false });
  }
}

function connects(address: string): Promise<boolean> {
  const [host = "", port = storagePort] = address.split(":");
  return opened({ host, port: Number(port) }).then(
    (socket) => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}

/** Resolves with a connection to the runner, which lives as long as the runner does; undefined for who has none. */
export async function connectRunner({ program, value }: Config): Promise<Socket | undefined> {
  if (program !== "worker") return undefined;
  const [path = ""] = textsOf("address", valuesOf("endpoint", value)).map((url) => url.replace("unix://", ""));
  for (;;) {
    const socket = await opened({ path }).catch(() => undefined);
    if (socket !== undefined) return socket;
    await delay(100);
  }
}

function opened(place: NetConnectOpts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, timeout: 5_000 });
    const fail = () => {
      socket.destroy();
      reject(new Error("no answer"));
    };
    socket.once("error", fail).once("timeout", fail);
    socket.once("connect", () => resolve(socket.setTimeout(0)));
  });
}
