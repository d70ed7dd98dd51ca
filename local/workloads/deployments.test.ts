import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deployment, EndpointSlice, Event, Secret, Service } from "../../api/builtin.ts";
import { readLogs } from "./logs.ts";
import { condition, isSettled, newDeployment, newService, workerTemplate } from "./test-objects.ts";
import { isAlive, newWorld, pushWorker, runningProcesses, type World } from "./test-world.ts";

vi.setConfig({ testTimeout: 20_000 });

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.close());

const timeoutMs = 10_000;

/** @param change the answer to the write whose effect is waited for */
function settled(change?: Deployment): Promise<Deployment> {
  const generation = change?.metadata.generation ?? 1;
  return world.deployments.waitFor(
    (all) => all.list().find((each) => (each.metadata.generation ?? 0) >= generation && isSettled(each)),
    { timeoutMs, what: "a settled Deployment" },
  );
}

async function endpoints(): Promise<EndpointSlice[]> {
  const { items } = await world.client.list(EndpointSlice, { namespace: "default" });
  return items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

async function ask(slice: EndpointSlice | undefined, path = "/"): Promise<string> {
  return (await fetch(`http://127.0.0.1:${slice?.ports?.[0]?.port}${path}`)).text();
}

function setImage(image: string, over = {}): Promise<Deployment> {
  const template = workerTemplate(image, over);
  return world.client.mergePatch(Deployment, { namespace: "default", name: "web" }, { spec: { template } });
}

describe("a Deployment of workers", () => {
  it("serves, with one slice per replica that its Service owns", async () => {
    const image = await pushWorker(world, "v1");
    const service = await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image), 2));
    await world.start();

    const { status } = await settled();
    expect(status).toMatchObject({
      observedGeneration: 1,
      ...{ replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, terminatingReplicas: 0 },
    });
    expect(status).not.toHaveProperty("unavailableReplicas");
    const slices = await endpoints();
    expect(await Promise.all(slices.map((slice) => ask(slice)))).toEqual(["v1 ", "v1 "]);
    expect(slices[0]).toMatchObject({
      metadata: {
        labels: { "kubernetes.io/service-name": "web" },
        ownerReferences: [{ kind: "Service", name: "web", uid: service.metadata.uid }],
      },
      ports: [{ name: "web" }],
    });
  });

  it("moves each slice to the new version in one write, then drains the old process", async () => {
    const [first, second] = [await pushWorker(world, "v1"), await pushWorker(world, "v2")];
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(first)));
    await world.start();
    await settled();
    const before = await endpoints();
    const slow = ask(before[0], "/slow");

    await settled(await setImage(second));
    const after = await endpoints();
    expect(await slow).toBe("v1 ");
    expect(await ask(after[0])).toBe("v2 ");
    expect(after.map(({ metadata }) => metadata.name)).toEqual(before.map(({ metadata }) => metadata.name));
    expect(after[0]?.metadata.generation).toBe((before[0]?.metadata.generation ?? 0) + 1);
  });

  it("does nothing when only its metadata changes", async () => {
    const image = await pushWorker(world, "v1");
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image)));
    await world.start();
    await settled();
    const before = await endpoints();
    const key = { namespace: "default", name: "web" };
    const change = { metadata: { annotations: { note: "x" } }, spec: { revisionHistoryLimit: 3 } };
    await settled(await world.client.mergePatch(Deployment, key, change));
    expect(await endpoints()).toEqual(before);
  });

  it("keeps the old version serving while the new one crashes, and says why", async () => {
    const good = await pushWorker(world, "v1");
    const bad = await pushWorker(world, "v2", "throw new Error('boom at start');");
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(good)));
    await world.start();
    await settled();
    await setImage(bad);

    const failing = await world.deployments.waitFor(
      (all) =>
        all
          .list()
          .find((each) => /3 times in a row.*boom at start/s.test(condition(each, "ReplicaFailure")?.message ?? "")),
      { timeoutMs },
    );
    expect(condition(failing, "ReplicaFailure")).toMatchObject({ status: "True", reason: "CrashLoopBackOff" });
    expect(condition(failing, "Available")).toMatchObject({ status: "True" });
    expect(await ask((await endpoints())[0])).toBe("v1 ");
    await vi.waitUntil(async () =>
      (await world.client.list(Event)).items.some(({ reason }) => reason === "CrashLoopBackOff"),
    );

    const healed = await settled(await setImage(await pushWorker(world, "v3")));
    expect(condition(healed, "ReplicaFailure")).toBeUndefined();
    expect(await ask((await endpoints())[0])).toBe("v3 ");
  });

  it("still has the version that served after a restart with a broken one wanted", async () => {
    const good = await pushWorker(world, "v1");
    const bad = await pushWorker(world, "v2", "throw new Error('boom');");
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(good)));
    const first = await world.start();
    await settled();
    const [before] = await endpoints();
    await setImage(bad);
    await first.close();

    await world.start();
    await vi.waitUntil(
      async () => {
        const [slice] = await endpoints();
        return slice?.ports?.length && slice.metadata.uid !== before?.metadata.uid;
      },
      { timeout: timeoutMs },
    );
    expect(await ask((await endpoints())[0])).toBe("v1 ");
  });

  it("restarts a process that crashed", async () => {
    const image = await pushWorker(world, "v1");
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image)));
    await world.start();
    await settled();
    const [before] = await endpoints();
    process.kill(pidBehind(before), "SIGKILL");
    await vi.waitUntil(
      async () => {
        const [slice] = await endpoints();
        return slice?.ports?.[0] && slice.ports[0].port !== before?.ports?.[0]?.port;
      },
      { timeout: timeoutMs },
    );
    expect(await ask((await endpoints())[0])).toBe("v1 ");
  });

  it("kills a process that is stuck in a loop, by its liveness probe", async () => {
    const image = await pushWorker(world, "v1", `export default { fetch() { for (;;); } }`);
    const livenessProbe = {
      httpGet: { path: "/", port: "health" },
      periodSeconds: 0.05,
      timeoutSeconds: 0.2,
      failureThreshold: 2,
    };
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image, { livenessProbe })));
    await world.start();
    await settled();
    await expect(ask((await endpoints())[0])).rejects.toThrow();
  });

  it("gives up a version that never got ready for a newer one", async () => {
    const stuck = await pushWorker(world, "v1");
    const readinessProbe = { httpGet: { path: "/", port: 1 }, periodSeconds: 1 };
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(stuck, { readinessProbe })));
    await world.start();
    await world.deployments.waitFor((all) => all.list().some((each) => each.status?.replicas === 1), { timeoutMs });
    const { status } = await settled(await setImage(await pushWorker(world, "v2")));
    expect(status).toMatchObject({ replicas: 1, updatedReplicas: 1 });
    expect(await ask((await endpoints())[0])).toBe("v2 ");
  });

  it("scales down to nothing and takes its addresses back when it is deleted", async () => {
    const image = await pushWorker(world, "v1");
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image), 3));
    await world.start();
    await settled();
    const key = { namespace: "default", name: "web" };
    await world.client.mergePatch(Deployment, key, { spec: { replicas: 1 } });
    await vi.waitUntil(async () => (await endpoints()).length === 1, { timeout: timeoutMs });
    const pid = pidBehind((await endpoints())[0]);
    await world.client.delete(Deployment, key);
    await vi.waitUntil(async () => (await endpoints()).length === 0, { timeout: timeoutMs });
    await vi.waitUntil(() => !isAlive(pid), { timeout: timeoutMs });
  });

  it("runs at once when its Service comes later", async () => {
    const image = await pushWorker(world, "v1");
    await world.client.create(Deployment, newDeployment(workerTemplate(image)));
    await world.start();
    await settled();
    await world.client.create(Service, newService());
    await vi.waitUntil(async () => (await endpoints())[0]?.ports?.length === 1, { timeout: timeoutMs });
    expect(await ask((await endpoints())[0])).toBe("v1 ");
  });

  it("writes what the worker prints to its log", async () => {
    const code = `export default { fetch() { console.log("printed by a worker"); return new Response("x"); } }`;
    const image = await pushWorker(world, "v1", code);
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image)));
    await world.start();
    await settled();
    await ask((await endpoints())[0]);
    await vi.waitUntil(async () => {
      let all = "";
      for await (const text of readLogs(world.dataDir, { namespace: "default", name: "web" })) all += text;
      return all.includes("printed by a worker");
    });
  });
});

describe("its environment", () => {
  const envFrom = [{ prefix: "WEB_", secretRef: { name: "secrets" } }];

  it("waits for a Secret, and says so", async () => {
    const image = await pushWorker(world, "v1");
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image, { envFrom })));
    await world.start();
    const waiting = await world.deployments.waitFor(
      (all) => all.list().find((each) => condition(each, "ReplicaFailure")),
      { timeoutMs },
    );
    expect(condition(waiting, "ReplicaFailure")).toMatchObject({
      reason: "CreateContainerConfigError",
      message: 'secret "secrets" not found',
    });

    await world.client.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "secrets", namespace: "default" },
      data: { SECRET: Buffer.from("s3cret").toString("base64") },
    });
    await settled();
    expect(await ask((await endpoints())[0])).toBe("v1 s3cret");
  });

  it.runIf(existsSync("/proc/self/environ"))("holds nothing of the platform's own", async () => {
    process.env.PLATFORM_TOKEN = "must not be seen";
    const image = await pushWorker(world, "v1");
    await world.client.create(Service, newService());
    await world.client.create(Deployment, newDeployment(workerTemplate(image, { env: [{ name: "A", value: "1" }] })));
    await world.start();
    await settled();
    const names = readFileSync(`/proc/${pidBehind((await endpoints())[0])}/environ`, "utf8")
      .split("\0")
      .map((each) => each.split("=")[0])
      .filter(Boolean);
    expect(names.sort()).toEqual(["A", "HOME", "PATH", "TMPDIR"]);
  });
});

describe("what cannot run", () => {
  it.each([
    ["an image of somebody else", "docker.io/nginx:1", {}, "ImageNotRunnable"],
    ["an image that is not in the store", "octoplane.local/acme:none", {}, "ErrImagePull"],
    ["a command of another program", undefined, { command: ["sh", "-c", "true"] }, "CommandNotRunnable"],
    [
      "a variable that the loader reads",
      undefined,
      { env: [{ name: "LD_PRELOAD", value: "/x.so" }] },
      "CreateContainerConfigError",
    ],
  ])("waits with a reason: %s", async (_, otherImage, over, reason) => {
    const image = otherImage ?? (await pushWorker(world, "v1"));
    await world.client.create(Deployment, newDeployment(workerTemplate(image, over)));
    await world.start();
    const waiting = await world.deployments.waitFor(
      (all) => all.list().find((each) => condition(each, "ReplicaFailure")),
      { timeoutMs },
    );
    expect(condition(waiting, "ReplicaFailure")?.reason).toBe(reason);
    expect(waiting.status).toMatchObject({ unavailableReplicas: 1, terminatingReplicas: 0 });
    await vi.waitUntil(async () => (await world.client.list(Event)).items.some((each) => each.reason === reason));
  });
});

/** The process that listens on the slice's port. */
function pidBehind(slice: EndpointSlice | undefined): number {
  const id = slice?.endpoints[0]?.targetRef?.name;
  const found = runningProcesses(world).find(({ name }) => name === id);
  if (!found) throw new Error(`no process ${id}`);
  return found.pid;
}
