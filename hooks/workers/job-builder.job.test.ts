import { describe, expect, test } from "vitest";
import { type Job, Job as JobResource } from "../../api/builtin.ts";
import { maxScripts } from "../../api/workers/fields.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import { envPrefix } from "../../api/workers/names.ts";
import { jobBuilder, resolved, settings, stored } from "../../test/objects/workers.ts";
import { attemptOf, buildJob, reportKey } from "./job-builder.job.ts";
import { inputsHash, planOf, workersOf } from "./job-builder.plan.ts";

function environment(job: Job): Record<string, string | undefined> {
  const env = job.spec?.template.spec?.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

function byHand(spec: Partial<JobBuilder["spec"]> = {}): JobBuilder {
  const { accounts: _, workers: __, runtimeBase: ___, ...rest } = jobBuilder().spec;
  return { ...jobBuilder(), spec: { ...rest, ...spec } };
}

describe("the name of the Job", () => {
  const name = buildJob(jobBuilder(), 1, settings).metadata.name;

  test.each<[string, string, boolean]>([
    ["the same inputs", buildJob(jobBuilder(), 1, settings).metadata.name, true],
    [
      "another builder image: it makes the same of the same",
      buildJob(jobBuilder(), 1, { ...settings, builderImage: "x" }).metadata.name,
      true,
    ],
    [
      "another secret",
      buildJob(jobBuilder({ workers: [resolved("a", "a1", { secretRef: "s" }), resolved("b", "b1")] }), 1, settings)
        .metadata.name,
      true,
    ],
    ["another attempt", buildJob(jobBuilder(), 2, settings).metadata.name, false],
    [
      "another version",
      buildJob(jobBuilder({ workers: [resolved("a", "a2"), resolved("b", "b1")] }), 1, settings).metadata.name,
      false,
    ],
    ["another runtime", buildJob(jobBuilder({ runtimeBase: "x" }), 1, settings).metadata.name, false],
    ["another image to push", buildJob(jobBuilder({ targetImage: "x" }), 1, settings).metadata.name, false],
  ])("%s: %s, same: %s", (_, other, same) => {
    expect(other === name).toBe(same);
  });

  test("is never longer than a label may be", () => {
    const long = jobBuilder({}, { name: "a".repeat(63) });
    expect(buildJob(long, 12, settings).metadata.name.length).toBeLessThanOrEqual(63);
  });
});

test("the Job says to the builder what to build, from where, and where to", () => {
  const job = buildJob(jobBuilder(), 1, settings);
  expect(environment(job)).toEqual({
    ACCOUNT: "acme",
    BLOB_STORE: settings.blobStore,
    IMAGE_STORE: settings.imageStore,
    TARGET_IMAGE: "images.test/workers/acme:1",
    RUNTIME_BASE: settings.runtimeBase,
    REPORT: reportKey(job),
    WORKERS_FILE: "/etc/octoplane/build/workers.json",
  });
});

describe("the plan", () => {
  const plan = planOf(jobBuilder());

  test("says which code makes the image", () => {
    expect(JSON.parse(plan.data?.["workers.json"] ?? "")).toEqual([
      { script: "a", url: "accounts/acme/scripts/a/digest-of-a1", digest: "digest-of-a1", envPrefix: envPrefix("a") },
      { script: "b", url: "accounts/acme/scripts/b/digest-of-b1", digest: "digest-of-b1", envPrefix: envPrefix("b") },
    ]);
  });

  test("never changes: other inputs have another one", () => {
    expect(plan.immutable).toBe(true);
    expect(planOf(jobBuilder({ targetImage: "x" })).metadata.name).not.toBe(plan.metadata.name);
    expect(planOf(jobBuilder({}, { generation: 7 }))).toEqual(plan);
  });

  test("is where the builder looks for it, at every attempt", () => {
    for (const attempt of [1, 2]) {
      const pod = buildJob(jobBuilder(), attempt, settings).spec?.template.spec;
      expect(pod?.volumes).toContainEqual({
        name: "plan",
        configMap: { name: plan.metadata.name, defaultMode: 0o440 },
      });
      expect(pod?.containers[0]?.volumeMounts).toContainEqual({
        name: "plan",
        mountPath: "/etc/octoplane/build",
        readOnly: true,
      });
    }
  });

  test("of a hundred workers with the longest names stays far below what an object may hold", () => {
    const workers = Array.from({ length: maxScripts }, (_, index) => {
      const script = `${"s".repeat(60)}${index}`;
      const digest = "d".repeat(64);
      return resolved(script, "v", { digest, url: `accounts/${"a".repeat(52)}/scripts/${script}/${digest}` });
    });
    expect(planOf(jobBuilder({ workers })).data?.["workers.json"]?.length).toBeLessThan(2 ** 17);
  });
});

test("exit codes end the Job at once; a pod that was evicted counts for nothing", () => {
  const rules = buildJob(jobBuilder(), 1, settings).spec?.podFailurePolicy?.rules ?? [];
  const values = rules[1]?.onExitCodes?.values ?? [];
  expect(rules.map(({ action }) => action)).toEqual(["Ignore", "FailJob"]);
  expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  expect(values.length).toBeGreaterThan(maxScripts);
  expect(values.length).toBeLessThanOrEqual(255);
});

describe("a JobBuilder written by hand", () => {
  test("needs names and prefixes only", () => {
    const parent = byHand({ scriptNames: ["wasm-worker"], scriptUrls: ["accounts/x/wasm"] });
    expect(workersOf(parent)).toEqual([
      {
        script: "wasm-worker",
        version: "accounts/x/wasm",
        url: "accounts/x/wasm",
        envPrefix: envPrefix("wasm-worker"),
      },
    ]);
    expect(environment(buildJob(parent, 1, settings))).toMatchObject({
      ACCOUNT: "acme-bundle",
      RUNTIME_BASE: settings.runtimeBase,
    });
  });

  test("with fewer prefixes than names, which its schema refuses, still has a Job of its own", () => {
    expect(workersOf(byHand({ scriptNames: ["a"], scriptUrls: [] }))).toEqual([
      { script: "a", version: "", url: "", envPrefix: envPrefix("a") },
    ]);
    expect(inputsHash(byHand({ scriptUrls: [] }))).not.toBe(inputsHash(byHand()));
  });
});

test("a Job without labels is the first attempt of nobody", () => {
  const job = stored(JobResource, { name: "x" }, {} as never);
  expect(attemptOf(job)).toBe(1);
  expect(reportKey(job)).toBe("reports/none/x.json");
});
