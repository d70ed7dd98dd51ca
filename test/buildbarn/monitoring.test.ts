/** Files that users apply beside a farm: what they name is there, and nothing that runs by itself needs their kinds. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { buildbarnComposites } from "../../hooks/buildbarn/composites.ts";
import { labelsOf } from "../../hooks/buildbarn/pods.ts";
import { browser, frontend, scheduler, storage, worker } from "../objects/buildbarn.ts";

const folder = join(import.meta.dirname, "..", "..", "examples", "buildbarn");
// biome-ignore lint/suspicious/noExplicitAny: kinds of others, of which a test reads what it looks at
type Foreign = Record<string, any>;

function read(name: string): [Foreign, Foreign] {
  const [first = {}, second = {}] = documents(name);
  return [first, second];
}

function documents(name: string): Foreign[] {
  return parseAllDocuments(readFileSync(join(folder, name), "utf8")).map((document) => document.toJSON());
}

const pools = documents("pools.yaml").filter(({ kind }) => kind === BuildbarnWorker.kind);
const metric = "buildbarn_pool_actions";
const counters = /buildbarn_\w+/g;
const known = [
  metric,
  "buildbarn_builder_in_memory_build_queue_tasks_scheduled_total",
  "buildbarn_builder_in_memory_build_queue_tasks_executing_duration_seconds_count",
  "buildbarn_builder_in_memory_build_queue_tasks_executing_duration_seconds_sum",
];

test("no hook asks for a kind that a cluster may not have", () => {
  const builtin = ["", "apps", "autoscaling", "networking.k8s.io", "policy", "buildbarn.io"];
  const groups = buildbarnComposites.flatMap(({ children, related = [] }) => [
    ...children.map(({ kind }) => kind.group),
    ...related.map(({ group }) => group),
  ]);
  expect([...new Set(groups)].filter((group) => !builtin.includes(group))).toEqual([]);
});

describe("Prometheus", () => {
  const [monitor, rule] = read("monitoring-prometheus.yaml");

  test("reads all programs at the port that they have", () => {
    const [{ values }] = monitor.spec.selector.matchExpressions;
    expect(values).toEqual([storage(), scheduler(), frontend(), browser(), worker()].map((each) => labelsOf(each).app));
    expect(monitor.spec.podMetricsEndpoints[0].port).toBe("diagnostics");
  });

  test("records what pools scale by, of a pool of the example", () => {
    const [{ record, labels, expr }] = rule.spec.groups[0].rules;
    const { metricName } = worker({ autoscaling: { maxReplicas: 2 } }).spec.autoscaling ?? {};
    expect([record, metricName]).toEqual([metric, metric]);
    expect(pools.map(({ metadata }) => metadata.name)).toContain(labels.pool);
    expect(expr.match(counters).filter((name: string) => !known.includes(name))).toEqual([]);
  });

  test("serves it under the same name", () => {
    const [{ rules }] = read("monitoring-adapter.yaml");
    expect(rules.external[0].name.as).toBe(metric);
  });
});

test("KEDA scales a pool of the example, from nothing", () => {
  const [scaled] = read("monitoring-keda.yaml");
  expect(pools.map(({ metadata }) => metadata.name)).toContain(scaled.spec.scaleTargetRef.name);
  expect(scaled.spec.triggers[0].metadata.query).toContain(`pool="${scaled.spec.scaleTargetRef.name}"`);
});

test("the dashboard asks for what there is, panel by panel", () => {
  const [map] = read("monitoring-grafana.yaml");
  expect(map.metadata.labels).toEqual({ grafana_dashboard: "1" });
  const { panels, templating } = JSON.parse(map.data["buildbarn.json"]);
  expect(panels.length).toBeGreaterThan(5);
  expect(new Set(panels.map(({ id }: Foreign) => id)).size).toBe(panels.length);
  const expressions = panels.flatMap(({ targets }: Foreign) => targets.map(({ expr }: Foreign) => expr));
  const asked = [...expressions, templating.list[1].query.query].join("\n");
  expect(asked.match(counters)?.filter((name) => !known.includes(name))).toEqual([]);
  for (const expression of expressions) expect(expression).toContain('namespace="$namespace"');
});
