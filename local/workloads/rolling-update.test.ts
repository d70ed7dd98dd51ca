import http from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Deployment, Ingress, Service } from "../../api/builtin.ts";
import { startRouter } from "../../services/router/start.ts";
import { isSettled, newDeployment, newService, workerTemplate } from "./test-objects.ts";
import { newWorld, pushWorker, type World } from "./test-world.ts";

vi.setConfig({ testTimeout: 30_000 });

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world.close());

const updates = 10;
const clients = 6;
const ingress: Ingress = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "web", namespace: "default" },
  spec: {
    ingressClassName: "octoplane",
    rules: [
      {
        host: "web.test",
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { name: "web" } } } }],
        },
      },
    ],
  },
};

async function settled(generation: number): Promise<void> {
  const isIt = (each: Deployment) => (each.metadata.generation ?? 0) >= generation && isSettled(each);
  await world.deployments.waitFor((all) => all.list().some(isIt), { timeoutMs: 10_000, what: "a settled Deployment" });
}

/** One client on one kept connection: asks without a pause, every third time with a body. */
async function ask(port: number, agent: http.Agent, count: number): Promise<string> {
  const method = count % 3 === 0 ? "POST" : "GET";
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const request = http.request({ port, host: "127.0.0.1", agent, method, headers: { host: "web.test" } }, resolve);
  request.on("error", reject).end(method === "POST" ? "body" : undefined);
  const response = await promise;
  return `${response.statusCode} ${await text(response)}`;
}

it("ten updates in a row drop no request, and versions only go forward", async () => {
  const images = await Promise.all(Array.from({ length: updates + 1 }, (_, i) => pushWorker(world, `v${i}`)));
  await world.client.create(Service, newService());
  await world.client.create(Ingress, ingress);
  await world.client.create(Deployment, newDeployment(workerTemplate(images[0] ?? "")));
  await world.start();
  const router = await startRouter({ client: world.client, port: 0 });
  world.cleanups.push(() => router.close());
  await settled(1);

  let done = false;
  const port = Number(new URL(router.url).port);
  const seen: string[][] = Array.from({ length: clients }, () => []);
  const asking = seen.map(async (answers) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (!done) answers.push(await ask(port, agent, answers.length));
    agent.destroy();
  });
  for (const image of images.slice(1)) {
    const patch = { spec: { template: workerTemplate(image) } };
    const changed = await world.client.mergePatch(Deployment, { namespace: "default", name: "web" }, patch);
    await settled(changed.metadata.generation ?? 0);
  }
  done = true;
  await Promise.all(asking);

  const expected = images.map((_, i) => `200 v${i} `);
  for (const answers of seen) {
    expect(answers.filter((each, i) => each !== answers[i - 1])).toEqual(expected);
  }
  const published = await world.client.get(Ingress, ingress.metadata);
  expect(published?.status?.loadBalancer?.ingress).toEqual([{ ip: "127.0.0.1", ports: [{ port, protocol: "TCP" }] }]);
});

it("a request that comes while the only process restarts is answered by the next one", async () => {
  const image = await pushWorker(
    world,
    "v0",
    `export default { fetch(request) {
    const crash = new URL(request.url).pathname === "/crash";
    while (crash) globalThis.hoard = [...(globalThis.hoard ?? []), new Array(1e6).fill(Math.random())];
    return new Response("alive");
  } }`,
  );
  await world.client.create(Service, newService());
  await world.client.create(Ingress, ingress);
  const limits = { resources: { limits: { memory: "300Mi" } } };
  await world.client.create(Deployment, newDeployment(workerTemplate(image, limits)));
  await world.start();
  const router = await startRouter({ client: world.client, port: 0 });
  world.cleanups.push(() => router.close());
  await settled(1);

  const port = Number(new URL(router.url).port);
  const agent = new http.Agent({ keepAlive: true });
  world.cleanups.push(() => agent.destroy());
  const send = (method: string, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = { port, host: "127.0.0.1", agent, path, method, headers: { host: "web.test" } };
      const request = http.request(options, (response) => resolve(response.resume().statusCode));
      request.on("error", reject).end();
    });
  expect(await send("POST", "/crash")).toBe(502);
  expect(await send("GET", "/")).toBe(200);
});
