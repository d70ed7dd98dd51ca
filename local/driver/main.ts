/**
 * The driver as a program, for clusters without Metacontroller. Environment: WORKERS (parents synced at the same time,
 * per controller; default 10), HOST (default 127.0.0.1) and HEALTH_PORT (default 8081) of `/healthz` and `/readyz`,
 * LOG_LEVEL (default info). Credentials come from the Pod or from KUBECONFIG.
 *
 * It waits for the CompositeController kind where that is not installed yet. Only one may run in a cluster.
 */

import { pino } from "pino";
import { connect } from "../../kubernetes/client.ts";
import { startHealthServer } from "./health.ts";
import { type Driver, startDriver } from "./start.ts";

const { WORKERS, HOST = "127.0.0.1", HEALTH_PORT, LOG_LEVEL = "info" } = process.env;
const log = pino({ level: LOG_LEVEL, base: { name: "driver" } });
let driver: Driver | undefined;

function wholeNumber(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined || value === "") return otherwise;
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new Error(`${name} must be a whole number of at least 1, not ${JSON.stringify(value)}`);
}

async function end(): Promise<void> {
  await driver?.close();
  process.exit(0);
}

try {
  const workers = wholeNumber("WORKERS", WORKERS, 10);
  const health = await startHealthServer(
    HOST,
    wholeNumber("HEALTH_PORT", HEALTH_PORT, 8081),
    () => driver !== undefined,
  );
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end());
  log.info({ url: health.url, workers }, "waiting for CompositeControllers");
  driver = await startDriver({
    client: connect(),
    workers,
    log: (level, message, details) => log[level](details ?? {}, message),
  });
  log.info("driver started");
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 1;
}
