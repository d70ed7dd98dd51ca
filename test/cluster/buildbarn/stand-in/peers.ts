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

/** Says which shard was there once and is there no more, and how that shows, while this program lives. */
export function watchShards({ value }: Config, onLoss: (address: string, sign: string) => void): void {
  for (const address of shardsIn(value)) void watch(address, (sign) => onLoss(address, sign));
}

/** What a shard that is gone answers with. A name server or a network that is busy says nothing of the shard. */
const signsOfLoss = ["ENOTFOUND", "ECONNREFUSED", "EHOSTUNREACH"];

async function watch(address: string, onLoss: (sign: string) => void): Promise<void> {
  const [host = "", port = storagePort] = address.split(":");
  let wasThere = false;
  for (;;) {
    const sign = await opened({ host, port: Number(port) }).then(close, codeOf);
    const isLost = sign !== undefined && signsOfLoss.includes(sign);
    if (wasThere && isLost) onLoss(sign);
    wasThere = sign === undefined || (wasThere && !isLost);
    await delay(askEveryMs, undefined, { ref: false });
  }
}

function close(socket: Socket): undefined {
  socket.destroy();
}

function codeOf({ code }: NodeJS.ErrnoException): string {
  return code ?? "no answer";
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
    const fail = (error = new Error("no answer")) => {
      socket.destroy();
      reject(error);
    };
    socket.once("error", fail).once("timeout", () => fail());
    socket.once("connect", () => resolve(socket.setTimeout(0)));
  });
}
