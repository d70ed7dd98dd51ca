import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterTarget } from "../target/target.ts";
import { type PodApi, startPodApi } from "../test-pods.ts";
import { reportOf } from "./report.ts";
import type { Driven } from "./waiting.ts";

let api: PodApi;
let target: ClusterTarget;
beforeAll(async () => {
  api = await startPodApi();
  const { client, connection } = api;
  target = { kind: "cluster", client, connection, context: "c", server: "s", namespace: "n", from: "f", wanted: {} };
});
afterAll(() => api.close());

function builder(job: string, status: "True" | "False" = "False"): Driven {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  return {
    apiVersion: "api.cf-worker/v1",
    kind: "JobBuilder",
    metadata: { namespace: "default", name: job },
    status: {
      conditions: [{ type: "Ready", status, reason: "Why", message: "short", lastTransitionTime }],
      report: "reports/a/b.json",
      job,
    },
  };
}

test("a failed build of a cluster is told in the last words of its newest pod", async () => {
  await api.createPod("build-1-a", { "batch.kubernetes.io/job-name": "build-1" });
  api.answerLogs((_pod, query, response) => {
    expect(query.get("container")).toBe("builder");
    const report = JSON.stringify({ level: "error", message: "build", failure: { message: "in full" } });
    response.end(`not JSON\n{"level":"info"}\n${report}\n`);
  });
  expect(await reportOf(builder("build-1"), target)).toBe("in full");
  expect(await reportOf(builder("build-1", "True"), target)).toBeUndefined();
});

test("without the pod, or its log, there is no report", async () => {
  expect(await reportOf(builder("build-2"), target)).toBeUndefined();
  await api.createPod("build-3-a", { "batch.kubernetes.io/job-name": "build-3" });
  api.answerLogs((_pod, _query, response) => {
    response.statusCode = 403;
    response.end();
  });
  expect(await reportOf(builder("build-3"), target)).toBeUndefined();
});
