/**
 * One sweep, for a CronJob. Environment: SETTINGS (path of the installation's settings), GRACE_SECONDS (default 86400),
 * POD_NAMESPACE (where the report goes; default octoplane-system), LOG_LEVEL (default info). Credentials for the stores
 * come from DOCKER_CONFIG and from where every AWS tool looks for them, those for the Kubernetes API from the Pod or from
 * KUBECONFIG. Ends with 1 when something could not be listed or deleted; a registry without deletions is only a warning.
 */

import { pino } from "pino";
import { settingsFrom } from "../../installation/settings.ts";
import { connect } from "../../kubernetes/client.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { openImageStore } from "../../stores/image.ts";
import { startSweeper } from "./start.ts";

const { GRACE_SECONDS = "86400", POD_NAMESPACE = "octoplane-system", LOG_LEVEL = "info" } = process.env;
const log = pino({ level: LOG_LEVEL, base: { name: "sweeper" } });

function seconds(value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  throw new Error(`GRACE_SECONDS must be a whole number of seconds, not ${JSON.stringify(value)}`);
}

try {
  const { blobStore, imageStore } = settingsFrom(process.env);
  const sweeper = startSweeper({
    client: connect(),
    blobStore: await openBlobStore(blobStore),
    openImages: (account) => openImageStore(imageStore, account),
    graceSeconds: seconds(GRACE_SECONDS),
    intervalSeconds: 0,
    reportNamespace: POD_NAMESPACE,
    log,
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void sweeper.close());
  const { failed } = await sweeper.sweep();
  if (failed.length > 0) process.exitCode = 1;
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 1;
}
