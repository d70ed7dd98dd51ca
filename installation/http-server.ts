/** How the programs of an installation open a port and close it again. */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as TlsServer } from "node:tls";

const sweepMs = 50;

/** @param port 0 takes a free one. @returns the URL, such as `http://host:port`. Rejects when the port cannot be had. */
export function listen(server: Server, port: number, host: string): Promise<string> {
  const scheme = server instanceof TlsServer ? "https" : "http";
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${portOf(server)}`);
    });
  });
}

/** Of a server that listens. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/**
 * Requests that run are answered; after `graceMs` their connections are cut. Resolves when the last one is closed.
 * @param graceMs milliseconds; default 0
 */
export async function closeServer(server: Server, graceMs = 0): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // A connection whose answer ends now would stay open for the client's next request.
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cut);
  clearInterval(sweep);
}
