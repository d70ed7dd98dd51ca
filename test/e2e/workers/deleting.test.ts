/** Deleting a script, the target of a binding, the last script and the account leaves nothing that the API made. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { Deployment, Ingress, Job, Secret, Service } from "../../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../../api/resource.ts";
import { accountLabel } from "../../../api/workers/fields.ts";
import { JobBuilder } from "../../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../../api/workers/worker-version.ts";
import { cache } from "../../../kubernetes/cache.ts";
import { startWorld, type World } from "../harness/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const back = {
  "wrangler.jsonc": JSON.stringify({ name: "back", main: "index.js", compatibility_date: "2026-01-01" }),
  "index.js": `export default { fetch() { return new Response("from back"); } };`,
};
const front = {
  "wrangler.jsonc": JSON.stringify({
    name: "front",
    main: "index.js",
    compatibility_date: "2026-01-01",
    services: [{ binding: "BACK", service: "back" }],
  }),
  "index.js": `export default { async fetch(request, env) {
    const answer = await env.BACK.fetch(request);
    return new Response(answer.status + " " + await answer.text());
  } };`,
};

async function count(resource: Resource): Promise<number> {
  return (await world.list(resource)).length;
}

/** Resolves when there is none left of those that the platform made. */
async function gone(resource: Resource): Promise<void> {
  const objects = cache(world.client, resource, { namespace: world.namespace });
  await objects.ready;
  const made = (list: KubernetesObject[]) => list.filter(({ metadata }) => metadata.labels?.[accountLabel]);
  await objects.waitFor(({ list }) => made(list()).length === 0, { what: `no ${resource.plural}` });
  objects.close();
}

/** Routers learn of an end by their watches, each for itself. */
async function unanswered(script: string): Promise<void> {
  await expect.poll(async () => (await world.ask(script)).status, { timeout: 10_000 }).toBe(404);
}

test("scripts end one by one, then the account", async () => {
  const [backProject, frontProject] = [world.project(back), world.project(front)];
  expect(await backProject.wrangler(["deploy"])).toMatchObject({ code: 0 });
  expect(await backProject.wrangler(["secret", "put", "KEY"], "value")).toMatchObject({ code: 0 });
  expect(await frontProject.wrangler(["deploy"])).toMatchObject({ code: 0 });
  expect((await world.ask("front")).text).toBe("200 from back");

  expect(await backProject.wrangler(["delete", "--force"])).toMatchObject({ code: 0 });
  await unanswered("back");
  // What was built together stays together until the next image is built, without a deploy.
  await expect.poll(async () => (await world.ask("front")).text, { timeout: 60_000 }).toContain('"back"');

  expect(await frontProject.wrangler(["delete", "--force"])).toMatchObject({ code: 0 });
  await unanswered("front");
  await gone(Deployment);
  expect(await count(WorkerVersion)).toBe(0);
  expect(await count(WorkerAccount)).toBe(1);

  expect(await backProject.wrangler(["deploy"])).toMatchObject({ code: 0 });
  expect(await world.ask("back")).toMatchObject({ status: 200 });
  await world.client.delete(WorkerAccount, { namespace: world.namespace, name: world.account.id });
  const made = [
    WorkerDeployment,
    WorkerVersion,
    WorkerRelease,
    JobBuilder,
    WorkerBundle,
    Deployment,
    Service,
    Ingress,
    Job,
    Secret,
  ];
  for (const resource of made) await gone(resource as Resource);
  await unanswered("back");
}, 300_000);
