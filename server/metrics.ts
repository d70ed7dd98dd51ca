/** Prometheus metrics of the hooks: requests, errors and duration, per composite and hook. */

import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

export interface Metrics {
  registry: Registry;
  /** Starts the clock of one call; the returned function ends it and tells the seconds. */
  start(composite: string, hook: string): (status: number) => number;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labelNames = ["composite", "hook"] as const;
  const requests = new Counter({
    name: "octoplane_hook_requests_total",
    help: "Calls of a hook.",
    labelNames: [...labelNames, "status"],
    registers: [registry],
  });
  const errors = new Counter({
    name: "octoplane_hook_errors_total",
    help: "Calls that did not end with 200.",
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: "octoplane_hook_duration_seconds",
    help: "Time from the first byte of a call to the last byte of its answer.",
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });

  return {
    registry,
    start: (composite, hook) => {
      const stop = duration.startTimer({ composite, hook });
      return (status) => {
        requests.inc({ composite, hook, status: String(status) });
        if (status !== 200) errors.inc({ composite, hook });
        return stop();
      };
    },
  };
}
