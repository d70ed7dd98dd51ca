import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Deployment, EndpointSlice, Job, Service } from "../../api/builtin.ts";
import { newDeployment, newJob, newService, workerTemplate } from "./test-objects.ts";
import { isAlive, newWorld, pushWorker, runningProcesses, type World } from "./test-world.ts";

vi.setConfig({ testTimeout: 20_000 });

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.close());

it("close ends everything within 3 s, also what ignores SIGTERM", async () => {
  await world.client.create(Job, newJob(`process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)`));
  const workloads = await world.start();
  await world.jobs.waitFor((all) => all.list().some((job) => job.status?.active === 1));
  const [process] = runningProcesses(world);
  const before = performance.now();
  await workloads.close();
  expect(performance.now() - before).toBeLessThan(3_000);
  expect(isAlive(process?.pid ?? 0)).toBe(false);
});

it("nothing outlives a platform that is killed", async () => {
  const image = await pushWorker(world, "v1");
  await world.client.create(Service, newService());
  await world.client.create(Deployment, newDeployment(workerTemplate(image)));
  const { server } = world;
  const platform = spawn(process.execPath, ["--input-type=module", "-e", platformProgram], {
    env: { ...process.env, START: startFile, URL: server.url, TOKEN: server.token, DATA: world.dataDir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(createInterface({ input: platform.stdout }), "line");
  await world.deployments.waitFor((all) => all.list().some((each) => each.status?.readyReplicas === 1));
  const [worker] = runningProcesses(world);
  expect(isAlive(worker?.pid ?? 0)).toBe(true);

  platform.kill("SIGKILL");
  await vi.waitUntil(() => !isAlive(worker?.pid ?? 0), { timeout: 5_000 });
});

it("addresses that an earlier run left are removed before anything else", async () => {
  await world.client.create(EndpointSlice, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "stale",
      namespace: "default",
      labels: { "endpointslice.kubernetes.io/managed-by": "octoplane-workloads" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"] }],
    ports: [{ port: 1 }],
  });
  await world.start();
  expect((await world.client.list(EndpointSlice)).items).toEqual([]);
});

const startFile = fileURLToPath(new URL("start.ts", import.meta.url));
const platformProgram = `
  const { startWorkloads } = await import(process.env.START);
  const { connect } = await import(new URL("../../kubernetes/client.ts", "file://" + process.env.START));
  const { URL: url, TOKEN: token, DATA: dataDir } = process.env;
  const imageStore = "oci:" + dataDir + "/images";
  await startWorkloads({ client: connect({ url, token }), dataDir, programs: {}, imagePrefix: "octoplane.local", imageStore });
  console.log("started");
`;
