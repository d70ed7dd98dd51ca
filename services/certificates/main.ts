/**
 * Makes the hook server's certificate and token where they are missing, for a Job. Environment: NAMESPACE and SERVICE
 * (of the hook server), LOG_LEVEL (default info). Credentials for the Kubernetes API come from the Pod or from KUBECONFIG.
 */

import { pino } from "pino";
import { connect } from "../../kubernetes/client.ts";
import { installSecrets } from "./install.ts";

const { NAMESPACE, SERVICE, LOG_LEVEL = "info" } = process.env;
const log = pino({ level: LOG_LEVEL, base: { name: "certificates" } });

function required(name: string, value: string | undefined): string {
  if (value) return value;
  throw new Error(`${name} is not set`);
}

try {
  const namespace = required("NAMESPACE", NAMESPACE);
  const service = required("SERVICE", SERVICE);
  const made = await installSecrets({ client: connect(), namespace, service, now: new Date() });
  log.info({ made }, made.length === 0 ? "everything is there" : "Secrets made");
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 1;
}
