/** The real Metacontroller as a process, for machines that have its program. */

import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { freePorts } from "../cluster/harness/ports.ts";
import { startPart } from "./part.ts";

export type ApplyStrategy = "dynamic-apply" | "server-side-apply";

export interface MetacontrollerOptions {
  /** Path of the program. */
  binary: string;
  kubeconfig: string;
  strategy: ApplyStrategy;
  /** Port on this machine of whoever answers for the Services that hooks are called at. */
  hooksPort: number;
  /** For its log. */
  folder: string;
}

/** Path of the program; tests that need it are skipped without. */
export const metacontrollerBinary = process.env.METACONTROLLER_BIN || undefined;

const host = "127.0.0.1";

/** Answers the function that ends it. */
export async function startMetacontroller(options: MetacontrollerOptions): Promise<() => Promise<void>> {
  const { binary, kubeconfig, strategy, hooksPort, folder } = options;
  const [metricsPort, healthPort] = await freePorts(2, host);
  const names = await clusterNames(hooksPort);
  // It calls a Service's name, which only a cluster's DNS knows. Loopback, where the API server is, needs no proxy.
  const environment = { HTTPS_PROXY: names.url };
  const part = startPart(
    folder,
    "metacontroller",
    binary,
    [
      `--kubeconfig=${kubeconfig}`,
      `--apply-strategy=${strategy}`,
      "--client-go-qps=100",
      "--client-go-burst=200",
      "--workers=10",
      "--discovery-interval=1s",
      `--metrics-address=${host}:${metricsPort}`,
      `--health-probe-bind-address=${host}:${healthPort}`,
    ],
    environment,
  );
  await part.ready(async () => (await fetch(`http://${host}:${healthPort}/readyz`)).ok);
  return async () => {
    await part.end();
    names.close();
  };
}

/** A proxy that takes every connection to the same port of this machine. */
async function clusterNames(port: number) {
  const proxy = createServer();
  proxy.on("connect", (_request, socket) => {
    const target = connect(port, host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, host, resolve));
  return {
    url: `http://${host}:${(proxy.address() as AddressInfo).port}`,
    close() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
