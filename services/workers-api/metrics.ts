/** Prometheus metrics of the API. */

import { Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  registry: Registry;
  /** A request has come; `answered` follows. */
  begun(): void;
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
  const inFlight = new Gauge({
    name: "octoplane_workers_api_requests_in_flight",
    help: "Requests that have come and are not answered yet, most of them deploys that wait until they serve",
    registers: [registry],
  });
  return {
    registry,
    begun: () => inFlight.inc(),
    answered(labels, seconds) {
      inFlight.dec();
      durations.observe(labels, seconds);
    },
  };
}
