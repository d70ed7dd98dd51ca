/**
 * The router as a program, configured by its environment:
 * `PORT` (default 8080), `HOST` (127.0.0.1), `ADMIN_PORT` (8081), `INGRESS_CLASS` (octoplane), `PUBLISHED_HOSTNAME` or
 * `PUBLISHED_IP` (what the status of Ingresses says). Credentials come from the Pod or from `KUBECONFIG`.
 */

import pino from "pino";
import { connect } from "../../kubernetes/client.ts";
import { startRouter } from "./start.ts";

const log = pino();
const env = process.env;

const router = await startRouter({
  client: connect(),
  port: Number(env.PORT ?? 8080),
  host: env.HOST ?? "127.0.0.1",
  adminPort: Number(env.ADMIN_PORT ?? 8081),
  ingressClass: env.INGRESS_CLASS ?? "octoplane",
  ...published(),
  log,
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void router.close().then(() => process.exit(0)));
}

function published() {
  if (env.PUBLISHED_HOSTNAME) return { published: { hostname: env.PUBLISHED_HOSTNAME } };
  return env.PUBLISHED_IP ? { published: { ip: env.PUBLISHED_IP } } : {};
}
