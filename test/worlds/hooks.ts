/** The hook server as installations run it: behind a Service's name, with a private authority and a bearer token. */

import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Secret } from "../../api/builtin.ts";
import { platformNamespace } from "../../cli/installation.ts";
import { composites } from "../../hooks/composites.ts";
import { hookApp } from "../../server/app.ts";
import { createLog } from "../../server/log.ts";
import { createMetrics } from "../../server/metrics.ts";
import { createAuthority } from "../cluster/harness/certificates.ts";
import { settings } from "../objects/workers.ts";

export interface Hooks {
  /** On this machine. */
  port: number;
  /** The address of a Service's URL on this machine. */
  locate(url: string): string;
  /** What CompositeControllers refer to. */
  secrets: Secret[];
  /** `<hook> <namespace>/<name>` of every call that was answered with 200. */
  asked: Set<string>;
  close(): Promise<void>;
}

const service = "octoplane-hooks";
const token = "a-token-of-the-test";

export async function startHooks(): Promise<Hooks> {
  const authority = await createAuthority("authority of the hooks");
  const { certificate, key } = await authority.issue({
    commonName: service,
    names: [`${service}.${platformNamespace}`],
  });

  const asked = new Set<string>();
  const log = createLog("hooks", "silent");
  const remember = ({ hook, object, status }: { hook: string; object: string; status: number }) => {
    if (status === 200) asked.add(`${hook} ${object}`);
  };
  const app = hookApp({
    composites,
    settings,
    token: () => token,
    metrics: createMetrics(),
    log: { ...log, info: remember as typeof log.info },
  });
  const server = createServer({ cert: certificate, key }, app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    locate: (url) => `https://127.0.0.1:${port}${new URL(url).pathname}`,
    secrets: [
      secret("octoplane-hooks-tls", { "ca.crt": authority.certificate, "tls.crt": certificate, "tls.key": key }),
      secret("octoplane-hooks-token", { token }),
    ],
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function secret(name: string, stringData: Record<string, string>): Secret {
  return { apiVersion: "v1", kind: "Secret", metadata: { namespace: platformNamespace, name }, stringData };
}
