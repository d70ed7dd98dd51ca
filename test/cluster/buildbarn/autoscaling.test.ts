/** A pool that is handed over to an autoscaler keeps its pods, and nobody takes the number back from it. */

import { expect, onTestFinished, test } from "vitest";
import { BuildbarnWorker } from "../../../api/buildbarn/buildbarn-worker.ts";
import { Deployment, HorizontalPodAutoscaler } from "../../../api/builtin.ts";
import { minimalFarm, podsOf, startFarm } from "./farm.ts";

test("a pool of 8 stays one of 8, until somebody else scales it", async () => {
  const farm = await startFarm(...minimalFarm({ BuildbarnStorage: { replicas: 1 }, BuildbarnWorker: { replicas: 8 } }));
  onTestFinished(() => farm.close());
  await farm.settled();
  const pods = () =>
    podsOf(farm, "worker")
      .map(({ metadata }) => metadata.uid)
      .sort();
  const numbers = () =>
    farm.seen.flatMap(({ object }) =>
      object.kind === Deployment.kind && object.metadata.name === "worker"
        ? [(object as Deployment).spec?.replicas]
        : [],
    );
  const before = pods();

  await farm.change(BuildbarnWorker, "worker", { autoscaling: { maxReplicas: 10 } });
  const autoscaler = await farm.until("an autoscaler that looks at the pool", () => {
    const found = farm.find(HorizontalPodAutoscaler, "worker");
    return found?.status?.conditions !== undefined && found;
  });
  expect(autoscaler.spec).toMatchObject({ minReplicas: 1, maxReplicas: 10 });
  await farm.settled();
  expect(pods()).toEqual(before);
  expect(new Set(numbers())).toEqual(new Set([8]));

  // As an autoscaler does it, and a change of the pods at the same time.
  await farm.change(Deployment, "worker", { replicas: 3 });
  await farm.change(BuildbarnWorker, "worker", { podAnnotations: { changed: "yes" } });
  await farm.until("three new pods", () => {
    const living = podsOf(farm, "worker");
    return living.length === 3 && living.every(({ metadata }) => metadata.annotations?.changed === "yes");
  });
  await farm.settled();
  expect(new Set(numbers())).toEqual(new Set([8, 3]));

  await farm.change(BuildbarnWorker, "worker", { autoscaling: null, replicas: 1 });
  await farm.until("the user's number", () => podsOf(farm, "worker").length === 1);
  await farm.until("no autoscaler", () => farm.all(HorizontalPodAutoscaler).length === 0);
});
