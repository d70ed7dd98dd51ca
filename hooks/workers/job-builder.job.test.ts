import { describe, expect, test } from "vitest";
import { type Job, Job as JobResource } from "../../api/builtin.ts";
import { maxScripts } from "../../api/workers/fields.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import { envPrefix } from "../../api/workers/names.ts";
import { jobBuilder, resolved, settings, stored } from "../../test/objects/workers.ts";
import { attemptOf, buildJob, inputsHash, reportKey, workersOf } from "./job-builder.job.ts";

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
  const { WORKERS, ...rest } = environment(job);
  expect(rest).toEqual({
    ACCOUNT: "acme",
    BLOB_STORE: settings.blobStore,
    IMAGE_STORE: settings.imageStore,
    TARGET_IMAGE: "images.test/workers/acme:1",
    RUNTIME_BASE: settings.runtimeBase,
    REPORT: reportKey(job),
  });
  expect(JSON.parse(WORKERS ?? "")).toEqual([
    { script: "a", url: "accounts/acme/scripts/a/digest-of-a1", digest: "digest-of-a1", envPrefix: envPrefix("a") },
    { script: "b", url: "accounts/acme/scripts/b/digest-of-b1", digest: "digest-of-b1", envPrefix: envPrefix("b") },
  ]);
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
