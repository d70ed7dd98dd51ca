import { describe, expect, test } from "vitest";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import type { WorkerRelease } from "../../api/workers/worker-release.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { condition, jobBuilder, now, resolved, settings, workerRelease } from "../../test/objects/workers.ts";
import { runSync } from "../contract/run.ts";
import { workerRelease as hook } from "./worker-release.ts";

const workers = [resolved("a", "a1"), resolved("b", "b1")];
const wanted = workerRelease("acme-r1", {
  workers,
  runtimeBase: "images.test/runtime:0",
  targetImage: "images.test/workers/acme:abc",
  workerBundleName: "acme-bundle",
});

function sync(parent: WorkerRelease, children: readonly JobBuilder[] = []) {
  const answer = runSync(hook as never, syncRequest({ parent, children }), settings, now);
  return { builders: answer.children as JobBuilder[], status: answer.status };
}

function observed(status: JobBuilder["status"], generation = 1): JobBuilder {
  return jobBuilder({}, { name: "acme-r1", generation, status: { observedGeneration: 1, ...status } });
}

describe("a release that is not built", () => {
  test("has one build, of its own workers on its own runtime", () => {
    expect(sync(wanted).builders).toEqual([
      {
        apiVersion: "api.cf-worker/v1",
        kind: "JobBuilder",
        metadata: { name: "acme-r1", namespace: "team", labels: { accounts: "acme" } },
        spec: {
          accounts: "acme",
          scriptNames: ["a", "b"],
          scriptUrls: ["accounts/acme/scripts/a/digest-of-a1", "accounts/acme/scripts/b/digest-of-b1"],
          workers,
          runtimeBase: "images.test/runtime:0",
          targetImage: "images.test/workers/acme:abc",
          workerBundleName: "acme-bundle",
        },
      },
    ]);
  });

  test("says that it is being built", () => {
    expect(sync(wanted).status.conditions).toMatchObject([
      { type: "Ready", status: "Unknown", reason: "Building" },
      { type: "Built", status: "Unknown", reason: "Building" },
    ]);
  });

  test("passes on what the build says, and who is at fault", () => {
    const failedWorker = { script: "b", version: "b1" };
    const built = condition("Built", "False", "WorkerFault");
    const { status } = sync(wanted, [observed({ conditions: [built], failedWorker })]);
    expect(status).toMatchObject({
      failedWorker,
      conditions: [{ type: "Ready", reason: "WorkerFault" }, { type: "Built" }],
    });
  });

  test("says what the build waits for, and what keeps the build from beginning", () => {
    const waiting = condition("Built", "Unknown", "WaitingForPod");
    expect(sync(wanted, [observed({ conditions: [waiting] })]).status.conditions).toMatchObject([
      { type: "Ready", status: "Unknown", reason: "WaitingForPod", message: "WaitingForPod it is" },
      { type: "Built", status: "Unknown", reason: "WaitingForPod" },
    ]);
    const missing = [condition("Ready", "False", "ChildMissing"), condition("Built", "Unknown", "Building")];
    expect(sync(wanted, [observed({ conditions: missing })]).status.conditions).toMatchObject([
      { type: "Ready", status: "Unknown", reason: "ChildMissing" },
      { type: "Built", status: "Unknown", reason: "ChildMissing" },
    ]);
  });

  test("has the image that the build pushed", () => {
    const { status, builders } = sync(wanted, [
      observed({ image: "x:1", conditions: [condition("Built", "True", "ImagePushed")] }),
    ]);
    expect(status).toMatchObject({ image: "x:1", conditions: [{ status: "True" }, { status: "True" }] });
    expect(builders).toHaveLength(1);
  });

  test("does not believe what the build says of an older spec", () => {
    const { status } = sync(wanted, [
      observed({ image: "x:1", conditions: [condition("Built", "True", "ImagePushed")] }, 2),
    ]);
    expect(status).not.toHaveProperty("image");
    expect(status.conditions).toMatchObject([{ reason: "Building" }, { reason: "Building" }]);
  });
});

test("a release whose image is known has no build any more", () => {
  const { builders, status } = sync(workerRelease("acme-r1", { workers, image: "x:1" }), [observed({ image: "x:1" })]);
  expect(builders).toEqual([]);
  expect(status).toMatchObject({ image: "x:1", conditions: [{ type: "Ready", status: "True" }, { type: "Built" }] });
});

describe("a release written by hand", () => {
  test("needs names and prefixes only, and gets an image named after them", () => {
    const [builder] = sync(
      workerRelease("mine", { workerVersions: { b: "accounts/acme/b", a: "accounts/acme/a" } }),
    ).builders;
    expect(builder?.spec).toMatchObject({
      scriptNames: ["a", "b"],
      scriptUrls: ["accounts/acme/a", "accounts/acme/b"],
      runtimeBase: settings.runtimeBase,
      workerBundleName: "acme",
      targetImage: expect.stringMatching(/^images\.test\/workers\/acme:[0-9a-f]{24}$/),
    });
  });

  test("may leave prefixes out", () => {
    const { url: _, ...entry } = resolved("a", "a1");
    expect(sync(workerRelease("mine", { workers: [entry] })).builders[0]?.spec.scriptUrls).toEqual(["a"]);
  });

  test.each(["a b", "-a", "", "a".repeat(64)])('refuses "%s" for a name, and keeps the build that it has', (name) => {
    const { builders, status } = sync(workerRelease("acme-r1", { workerVersions: { [name]: "x" } }), [observed({})]);
    expect(builders.map(({ metadata }) => metadata.name)).toEqual(["acme-r1"]);
    expect(status.conditions).toMatchObject([
      { status: "False", reason: "InvalidName", message: `spec.workerVersions: "${name}" is no name of a script` },
      { type: "Built", status: "False" },
    ]);
  });
});
