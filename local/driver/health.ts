/** The pages that a kubelet asks, at the addresses that Metacontroller has them at. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface HealthServer {
  url: string;
  close(): void;
}

/** `/healthz`: the process answers. `/readyz`: it knows the controllers that it has to run. */
export async function startHealthServer(host: string, port: number, isReady: () => boolean): Promise<HealthServer> {
  const pages = new Map([
    ["/healthz", () => true],
    ["/readyz", isReady],
  ]);
  const server = createServer((request, response) => {
    const isGood = pages.get(request.url ?? "");
    const [status, line] = isGood === undefined ? [404, "not found"] : isGood() ? [200, "ok"] : [503, "starting"];
    response.writeHead(status, { "content-type": "text/plain" }).end(`${line}\n`);
  });
  await once(server.listen(port, host), "listening");
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
