/** Everything that the configuration says to listen on. */

import { chmodSync, rmSync } from "node:fs";
import { createServer as httpServer, type RequestListener } from "node:http";
import { type ListenOptions, type Server, createServer as tcpServer } from "node:net";
import { type Config, type Json, textsOf, valuesOf, without } from "./config.ts";

/** Whether all of it has started; until then diagnostics answer nothing. */
export interface Health {
  isHealthy: boolean;
}

const diagnosticsField = "diagnosticsHttpServer";
const httpFields = ["httpServers", "adminHttpServers"];

/** Resolves when all of them listen. */
export async function listen({ program, value }: Config, health: Health): Promise<Server[]> {
  const diagnostics = valuesOf(diagnosticsField, value);
  const others = without(diagnosticsField, value);
  const pages = httpFields.flatMap((field) => valuesOf(field, others));
  const rest = httpFields.reduce((config, field) => without(field, config), others);

  const page: RequestListener = (_, answer) => void answer.end(`stand-in of bb_${program}\n`);
  const servers = [
    ...addresses(diagnostics).map((place) => [httpServer(diagnosis(health)), place] as const),
    ...addresses(pages).map((place) => [httpServer(page), place] as const),
    ...[...addresses(rest), ...sockets(rest)].map((place) => [connections(), place] as const),
  ];
  return Promise.all(servers.map(([server, place]) => listening(server, place)));
}

function addresses(config: Json): ListenOptions[] {
  return textsOf("listenAddresses", config).map((address) => ({ port: Number(address.replace(/^.*:/, "")) }));
}

/** Any user may connect, as actions run as another one than the worker. */
function sockets(config: Json): ListenOptions[] {
  return textsOf("listenPaths", config).map((path) => ({ path }));
}

/** Who connects may stay. */
function connections(): Server {
  return tcpServer((socket) => void socket.on("error", () => socket.destroy()).resume());
}

function diagnosis(health: Health): RequestListener {
  return ({ url }, answer) => {
    if (url === "/metrics") return void answer.end(`stand_in_healthy ${Number(health.isHealthy)}\n`);
    const isAsked = url === "/-/healthy" && health.isHealthy;
    answer.writeHead(isAsked ? 200 : 404).end();
  };
}

function listening(server: Server, place: ListenOptions): Promise<Server> {
  if (place.path !== undefined) rmSync(place.path, { force: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(place, () => {
      if (place.path !== undefined) chmodSync(place.path, 0o777);
      resolve(server);
    });
  });
}
