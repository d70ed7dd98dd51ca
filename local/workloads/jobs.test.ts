import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigMap, Job, Secret } from "../../api/builtin.ts";
import { condition, newJob } from "./test-objects.ts";
import { isAlive, newWorld, runningProcesses, type World } from "./test-world.ts";

vi.setConfig({ testTimeout: 20_000 });

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.close());

const timeoutMs = 10_000;
const forever = "setInterval(() => {}, 1000)";
const key = { namespace: "default", name: "work" };

function jobWith(predicate: (job: Job) => unknown): Promise<Job> {
  return world.jobs.waitFor((all) => all.list().find(predicate), { timeoutMs, what: "the Job" });
}
const finished = () => jobWith((job) => condition(job, "Complete") ?? condition(job, "Failed"));
const started = () => jobWith((job) => job.status?.active === 1);

describe("a Job", () => {
  it("runs once and is complete", async () => {
    await world.client.create(Job, newJob("process.exit(0)"));
    await world.start();
    const { status } = await finished();
    expect(status).toMatchObject({
      succeeded: 1,
      ready: 0,
      startTime: expect.any(String),
      completionTime: expect.any(String),
    });
    expect(status).not.toHaveProperty("active");
    expect(status?.conditions).toMatchObject([
      { type: "SuccessCriteriaMet", status: "True", reason: "CompletionsReached" },
      { type: "Complete", status: "True", reason: "CompletionsReached" },
    ]);
  });

  it("reads the files that it mounts, as soon as they are there", async () => {
    const code = `process.exit(require("fs").readFileSync(process.env.PLAN_FILE, "utf8") === "the plan" ? 0 : 1)`;
    const container = {
      env: [{ name: "PLAN_FILE", value: "/etc/plan/plan.json" }],
      volumeMounts: [{ name: "plan", mountPath: "/etc/plan" }],
    };
    const job = newJob(code, {}, container);
    const template = job.spec?.template.spec;
    if (template) template.volumes = [{ name: "plan", configMap: { name: "plan" } }];
    await world.client.create(Job, job);
    await world.start();
    const waiting = await jobWith((each) => condition(each, "Waiting"));
    expect(condition(waiting, "Waiting")).toMatchObject({
      reason: "FailedMount",
      message: expect.stringContaining('configmap "plan" not found'),
    });

    const metadata = { name: "plan", namespace: "default" };
    await world.client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { "plan.json": "the plan" },
    });
    expect(condition(await finished(), "Complete")).toBeDefined();
  });

  it("says that it runs", async () => {
    await world.client.create(Job, newJob(forever));
    await world.start();
    expect((await started()).status).toMatchObject({ active: 1, ready: 1 });
  });

  it("is tried again until backoffLimit", async () => {
    await world.client.create(Job, newJob("process.exit(3)", { backoffLimit: 2 }));
    await world.start();
    const job = await finished();
    expect(job.status).toMatchObject({ failed: 3 });
    expect(condition(job, "Failed")).toMatchObject({
      reason: "BackoffLimitExceeded",
      message: "Job has reached the specified backoff limit",
    });
  });

  it("fails at once on an exit code of its policy, in a real cluster's words", async () => {
    const rules = [{ action: "FailJob", onExitCodes: { containerName: "c", operator: "In", values: [142] } }];
    await world.client.create(Job, newJob("process.exit(142)", { podFailurePolicy: { rules } }));
    await world.start();
    const job = await finished();
    const words =
      /^Container c for pod default\/work-\w{5} failed with exit code 142 matching FailJob rule at index 0$/;
    for (const type of ["FailureTarget", "Failed"]) {
      expect(condition(job, type)).toMatchObject({ reason: "PodFailurePolicy", message: expect.stringMatching(words) });
    }
    expect(job.status).toMatchObject({ failed: 1 });
  });

  it("is ended at its deadline, with what it started itself", async () => {
    const code = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(forever)}]); process.on("SIGTERM", () => {}); ${forever}`;
    const job = newJob(code, { activeDeadlineSeconds: 1 });
    const template = job.spec?.template.spec;
    if (template) template.terminationGracePeriodSeconds = 0;
    await world.client.create(Job, job);
    await world.start();
    expect(condition(await finished(), "Failed")?.reason).toBe("DeadlineExceeded");
    expect(runningProcesses(world)).toEqual([]);
  });

  it("is deleted after its time to live", async () => {
    await world.client.create(Job, newJob("", { ttlSecondsAfterFinished: 0 }));
    await world.start();
    await vi.waitUntil(async () => (await world.client.get(Job, key)) === undefined, { timeout: timeoutMs });
  });

  it("takes its process along when it is deleted", async () => {
    await world.client.create(Job, newJob(forever));
    await world.start();
    await started();
    const [process] = runningProcesses(world);
    await world.client.delete(Job, key, { propagationPolicy: "Background" });
    await vi.waitUntil(() => !isAlive(process?.pid ?? 0), { timeout: timeoutMs });
  });

  it("waits for a Secret, and says so", async () => {
    const env = [{ name: "S", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }];
    await world.client.create(
      Job,
      newJob("process.exit(process.env.S === 'yes' ? 0 : 1)", { backoffLimit: 0 }, { env }),
    );
    await world.start();
    const waiting = await jobWith((job) => condition(job, "Waiting"));
    expect(condition(waiting, "Waiting")).toMatchObject({ reason: "CreateContainerConfigError" });
    await world.client.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "default" },
      data: { k: Buffer.from("yes").toString("base64") },
    });
    expect(condition(await finished(), "Complete")).toBeDefined();
  });

  it("that wants several processes is refused in a sentence", async () => {
    await world.client.create(Job, newJob("", { completions: 3 }));
    await world.start();
    const waiting = await jobWith((job) => condition(job, "Waiting"));
    expect(condition(waiting, "Waiting")?.message).toMatch(/completions 3 and parallelism 1 must both be 1/);
  });
});

describe("after a restart", () => {
  it("what ran starts again, and nothing counts as a failure", async () => {
    await world.client.create(Job, newJob(forever));
    const first = await world.start();
    await started();
    const [before] = runningProcesses(world);
    await first.close();
    expect(isAlive(before?.pid ?? 0)).toBe(false);

    await world.start();
    await vi.waitUntil(() => runningProcesses(world).length === 1, { timeout: timeoutMs });
    const job = await world.client.get(Job, key);
    expect(job?.status?.failed).toBeUndefined();
    expect(condition(job, "Failed")).toBeUndefined();
  });

  it("what is finished is left alone", async () => {
    await world.client.create(Job, newJob(""));
    const first = await world.start();
    const before = await finished();
    await first.close();
    const second = await world.start();
    await second.close();
    expect(await world.client.get(Job, key)).toEqual(before);
  });
});
