/** Parts of the configuration that every program has: servers, and what they tell of themselves. */

import type { Tls } from "../../api/buildbarn/trust.ts";
import type { ConfigObject } from "./jsonnet.ts";
import { authenticationPolicy, serverTls } from "./trust.ts";

const anybody = { allow: {} };

export function grpcServer(port: number, tls: Tls | undefined, more: ConfigObject = {}): ConfigObject {
  return {
    listenAddresses: [`:${port}`],
    authenticationPolicy: authenticationPolicy(tls),
    ...serverTls(tls),
    ...more,
  };
}

/** Pages for people: whoever reaches them may see them, so an Ingress with a gatekeeper belongs in front. */
export function httpServer(port: number): ConfigObject {
  return { listenAddresses: [`:${port}`], authenticationPolicy: anybody };
}

/** Health, metrics and profiles. */
export function diagnostics(port: number): ConfigObject {
  return {
    diagnosticsHttpServer: {
      httpServers: [httpServer(port)],
      enablePrometheus: true,
      enablePprof: true,
      enableActiveSpans: true,
    },
  };
}

/** Duration as protocol buffers write it. */
export function seconds(count: number): string {
  return `${count}s`;
}

/** 64-bit integer as protocol buffers write it: a text, since JSON numbers may lose digits. */
export function int64(value: number): string {
  return BigInt(Math.trunc(value)).toString();
}
