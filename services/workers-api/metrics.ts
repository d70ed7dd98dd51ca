/** Prometheus metrics of the API. */

import { Histogram, Registry } from "prom-client";

export interface Metrics {
  registry: Registry;
  answered(labels: { method: string; route: string; status: number }, seconds: number): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const durations = new Histogram({
    name: "octoplane_workers_api_request_duration_seconds",
    help: "Time from a request to its answer, by method, route and HTTP status",
    labelNames: ["method", "route", "status"],
    // Deploys hold their answers until the version serves.
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 20, 45, 60],
    registers: [registry],
  });
  return { registry, answered: (labels, seconds) => durations.observe(labels, seconds) };
}
