/** Prometheus metrics of one router. */

import { Counter, Registry } from "prom-client";
import type { Failure } from "./forward.ts";

export interface RouterMetrics {
  registry: Registry;
  answered(status: number): void;
  retried(progress: Failure["progress"]): void;
}

export function routerMetrics(): RouterMetrics {
  const registry = new Registry();
  const answers = new Counter({
    name: "octoplane_router_answers_total",
    help: "Answers to clients, by HTTP status",
    labelNames: ["status"],
    registers: [registry],
  });
  const retries = new Counter({
    name: "octoplane_router_retries_total",
    help: "Attempts that were repeated, by how far the failed one had come",
    labelNames: ["progress"],
    registers: [registry],
  });
  return {
    registry,
    answered: (status) => answers.inc({ status }),
    retried: (progress) => retries.inc({ progress }),
  };
}
