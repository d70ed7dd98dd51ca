/**
 * The Workers API as a program, configured by its environment: `BLOB_STORE` (s3://bucket/prefix or file:///dir) and
 * `DOMAIN` are required; `PORT` (default 8080), `HOST` (127.0.0.1), `ADMIN_PORT` (8081), `URL_SCHEME` (https), `URL_PORT`
 * (the scheme's own), `LOG_LEVEL` (info). Credentials come from the Pod or from `KUBECONFIG`.
 */

import pino from "pino";
import { connect } from "../../kubernetes/client.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { startWorkersApi } from "./start.ts";

const { env } = process;
const log = pino({ level: env.LOG_LEVEL ?? "info" });

function required(name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set`);
  return value;
}

try {
  const api = await startWorkersApi({
    client: connect(),
    blobStore: await openBlobStore(required("BLOB_STORE")),
    domain: required("DOMAIN"),
    urlScheme: env.URL_SCHEME === "http" ? "http" : "https",
    urlPort: env.URL_PORT === undefined ? undefined : Number(env.URL_PORT),
    port: Number(env.PORT ?? 8080),
    host: env.HOST ?? "127.0.0.1",
    adminPort: Number(env.ADMIN_PORT ?? 8081),
    log,
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void api.close().then(() => process.exit(0)));
  }
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 1;
}
