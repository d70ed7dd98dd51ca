/** The tables of docs/troubleshooting.md and docs/operations.md against the sources that they speak of. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { infrastructureFailures, workerFaultCodes } from "../api/workers/build-failures.ts";
import { createMetrics as hookMetrics } from "../server/metrics.ts";
import { routerMetrics } from "../services/router/metrics.ts";
import { refusals } from "../services/router/refusal.ts";
import { errors } from "../services/workers-api/errors.ts";
import { createMetrics as apiMetrics } from "../services/workers-api/metrics.ts";
import { pageAt, pages, root, rowsOf, words } from "./docs/pages.ts";
import { reasons, reasonsIn, unexplained } from "./docs/reasons.ts";

const troubleshooting = pageAt("docs/troubleshooting.md");
const operations = pageAt("docs/operations.md");

function sources(pattern: string): string {
  const paths = globSync(pattern, { cwd: root }).filter((path) => !path.endsWith(".test.ts"));
  return paths.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
}

describe("reasons of conditions", () => {
  const documented = [
    ...["Reasons", "Reasons of farms"].flatMap((table) =>
      rowsOf(troubleshooting, table).flatMap(([reason]) => words(reason)),
    ),
    ...rowsOf(troubleshooting, "Exit codes of builds").flatMap(([, reason]) => words(reason)),
  ];

  test("come from where somebody has looked", () => {
    expect(unexplained()).toEqual([]);
    expect(reasons.size).toBeGreaterThan(40);
  });

  test("are all on the page, and no others", () => {
    expect([...new Set(documented)].sort()).toEqual([...reasons].sort());
  });

  test("of the embedded platform's Jobs and Deployments are there, too", () => {
    const fine = ["MinimumReplicasAvailable", "NewReplicaSetAvailable", "ReplicaSetUpdated", "CompletionsReached"];
    const passing = ["MinimumReplicasUnavailable", "JobSuspended", "PodFailurePolicy"];
    const told = reasonsIn(sources("local/workloads/*.ts")).filter((reason) => /^[A-Z][a-z]+[A-Z]/.test(reason));
    const missing = told.filter((reason) => ![...fine, ...passing].includes(reason));
    expect(missing).not.toEqual([]);
    expect(missing.filter((reason) => !troubleshooting.text.includes(`\`${reason}\``))).toEqual([]);
  });

  test("of the sweeper's report are on the page of operations", () => {
    const told = reasonsIn(sources("services/sweeper/outcome.ts"));
    expect(told).toContain("ListFailed");
    expect(told.filter((reason) => !operations.text.includes(`\`${reason}\``))).toEqual([]);
  });
});

test("exit codes of builds are those of the contract", () => {
  const rows = rowsOf(troubleshooting, "Exit codes of builds").map(([code, reason]) => [code, ...words(reason)]);
  const contract = Object.values(infrastructureFailures).map(({ code, reason }) => [String(code), reason]);
  const [first, ...others] = [...workerFaultCodes];
  const last = others.at(-1);
  expect(rows).toEqual([...contract, [`${first} to 124, 160 to ${last}`, "WorkerFault"]]);
});

/** Words by which the sources know what pods and Events say. */
test("causes are those that a diagnosis knows", () => {
  const source = sources("kubernetes/diagnosis/*.ts");
  const known = Array.from(source.matchAll(/"([A-Z][a-z]+[A-Z]\w+)"/g), ([, word = ""]) => word);
  const others = [
    "PodScheduled",
    "ReplicaFailure",
    "PodInitializing",
    "ContainerCreating",
    "ReplicaSet",
    "StatefulSet",
    "DoesNotExist",
  ];
  const documented = rowsOf(troubleshooting, "Causes").flatMap(([reason]) => words(reason));
  const missing = known.filter((word) => ![...documented, ...others].includes(word));
  expect(missing).toEqual([]);
  expect(documented.filter((word) => !source.includes(`"${word}"`))).toEqual([]);
});

test("codes of errors that hooks and their server throw are explained", () => {
  const source = sources("{hooks/contract,server}/*.ts");
  const thrown = Array.from(source.matchAll(/(?:HookError\(|code:) ?"(\w+)"/g), ([, code = ""]) => code);
  const documented = rowsOf(troubleshooting, "SyncError").flatMap(([text]) => words(text));
  expect(thrown).toContain("NotObserved");
  expect(thrown.filter((code) => !documented.includes(code))).toEqual([]);
});

test("answers of the Workers API have the codes and statuses of its table", () => {
  const table = Object.values(errors).map(({ code, status }) => `${code} ${status}`);
  const rows = rowsOf(troubleshooting, "Answers of the Workers API");
  const said = rows.flatMap(([codes = "", status]) => codes.split(", ").map((code) => `${code} ${status}`));
  expect(said.filter((pair) => !table.includes(pair))).toEqual([]);
  const administrators = Object.values(errors).filter(({ status }) => status >= 500);
  expect(administrators.filter(({ code, status }) => !said.includes(`${code} ${status}`))).toEqual([]);
});

test("answers of the router are all of its own", () => {
  const rows = rowsOf(troubleshooting, "Answers of the router");
  const said = rows.flatMap(([codes, status]) => words(codes).map((code) => [code, status]));
  const table = Object.entries(refusals).map(([code, { status }]) => [code, status] as const);
  for (const [code, status] of table) {
    expect(said.find(([each]) => each === code)?.[1]?.split(", "), code).toContain(String(status));
  }
  expect(said).toHaveLength(table.length);
});

describe("metrics", () => {
  interface Metric {
    name: string;
    type: unknown;
    labelNames?: string[];
  }
  const registries = [hookMetrics(), apiMetrics(), routerMetrics()].map(({ registry }) => registry);
  const metrics = registries.flatMap((registry) => registry.getMetricsAsArray() as unknown as Metric[]);
  const own = metrics.filter(({ name }) => name.startsWith("octoplane_"));

  /** The metric that a time series belongs to: `_count` and others are of histograms. */
  function metricOf(series: string): Metric | undefined {
    const exact = own.find(({ name }) => name === series);
    return (
      exact ?? own.find(({ name, type }) => type === "histogram" && series.replace(/_(bucket|count|sum)$/, "") === name)
    );
  }

  test("are known by all of their sources", () => {
    const inSources = Array.from(sources("{server,services/*,local/*}/*.ts").matchAll(/name: "(octoplane_\w+)"/g));
    expect(inSources.map(([, name]) => name).sort()).toEqual(own.map(({ name }) => name).sort());
  });

  test("are all on the page, with their labels", () => {
    const rows = rowsOf(operations, "Metrics").map(([, name, labels]) => [words(name)[0], words(labels)]);
    expect(rows.filter(([name]) => String(name).startsWith("octoplane_"))).toEqual(
      expect.arrayContaining(own.map(({ name, labelNames = [] }) => [name, labelNames])),
    );
  });

  const alerts = sources("manifests/components/monitoring/alerts.yaml");
  const texts = [...pages.map(({ path, text }) => [path, text] as const), ["alerts.yaml", alerts] as const];
  test.each(texts)("that %s names exist, with the labels that it asks for", (_, text) => {
    const series = Array.from(text.matchAll(/\b(octoplane_[a-z_]+)(?:\{([^}]*)\})?/g));
    for (const [, name = "", selector = ""] of series) {
      const metric = metricOf(name);
      expect(metric, name).toBeDefined();
      const labels = Array.from(selector.matchAll(/(\w+)=~?"/g), ([, label = ""]) => label);
      expect(labels.filter((label) => !metric?.labelNames?.includes(label))).toEqual([]);
    }
  });

  test("of the alerts in the manifests are on the page as they are", () => {
    const expressions = Array.from(alerts.matchAll(/expr: (?:>-\n)?(.*(?:\n +\/ .*)?)/g), ([, text = ""]) =>
      text.replaceAll(/\s+/g, " ").trim(),
    );
    const documented = rowsOf(operations, "Alerts").flatMap(([, expression]) => words(expression));
    expect(expressions).toHaveLength(3);
    expect(documented).toEqual(expect.arrayContaining(expressions));
  });
});
