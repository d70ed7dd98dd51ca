/**
 * The router as a program, configured by its environment:
 * `PORT` (default 8080), `HOST` (127.0.0.1), `ADMIN_PORT` (8081), `INGRESS_CLASS` (octoplane), `PLATFORM_NAMESPACE` (whose
 * Ingresses may leave out the host; none by default), `PUBLISHED_HOSTNAME` or `PUBLISHED_IP` (what the status of
 * Ingresses says), `DRAIN_SECONDS` (20, for requests that run when it is asked to end), `LOG_LEVEL` (info). Credentials come from the Pod or from `KUBECONFIG`.
 */

import pino from "pino";
import { runProgram } from "../../installation/program.ts";
import { connect } from "../../kubernetes/client.ts";
import { startRouter } from "./start.ts";

const { env } = process;
const log = pino({ level: env.LOG_LEVEL ?? "info" });

await runProgram(log, () =>
  startRouter({
    client: connect(),
    port: Number(env.PORT ?? 8080),
    host: env.HOST ?? "127.0.0.1",
    adminPort: Number(env.ADMIN_PORT ?? 8081),
    ingressClass: env.INGRESS_CLASS ?? "octoplane",
    ...(env.PLATFORM_NAMESPACE && { platformNamespace: env.PLATFORM_NAMESPACE }),
    ...published(),
    drainMs: 1000 * Number(env.DRAIN_SECONDS ?? 20),
    log,
  }),
);

function published() {
  if (env.PUBLISHED_HOSTNAME) return { published: { hostname: env.PUBLISHED_HOSTNAME } };
  return env.PUBLISHED_IP ? { published: { ip: env.PUBLISHED_IP } } : {};
}
