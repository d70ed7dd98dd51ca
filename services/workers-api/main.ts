/**
 * The Workers API as a program. Environment: `SETTINGS` (path of the installation's settings), `PORT` (default 8080),
 * `HOST` (127.0.0.1), `ADMIN_PORT` (8081), `LOG_LEVEL` (info). Credentials for S3 come from where every AWS tool looks
 * for them, those for the Kubernetes API from the Pod or from `KUBECONFIG`.
 */

import pino from "pino";
import { runProgram } from "../../installation/program.ts";
import { settingsFrom } from "../../installation/settings.ts";
import { connect } from "../../kubernetes/client.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { startWorkersApi } from "./start.ts";

const { env } = process;
const log = pino({ level: env.LOG_LEVEL ?? "info" });

await runProgram(log, async () => {
  const { blobStore, domain, urlScheme, urlPort } = settingsFrom(env);
  return startWorkersApi({
    client: connect(),
    blobStore: await openBlobStore(blobStore),
    domain,
    urlScheme,
    urlPort,
    port: Number(env.PORT ?? 8080),
    host: env.HOST ?? "127.0.0.1",
    adminPort: Number(env.ADMIN_PORT ?? 8081),
    drainMs: 12_000, // with the grace for the rest, less than the 30 s that Kubernetes leaves a pod
    log,
  });
});
