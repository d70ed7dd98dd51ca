/** A change rolls the pods that it concerns, and no others; and what changes names or ways in never gets stuck. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { BuildbarnBrowser } from "../../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnWorker } from "../../../api/buildbarn/buildbarn-worker.ts";
import { ConfigMap, Deployment, Ingress } from "../../../api/builtin.ts";
import { conditionOf } from "../../../hooks/contract/conditions.ts";
import {
  configMap,
  type Farm,
  generatedConfig,
  minimalFarm,
  podIdentities,
  podsOf,
  smallest,
  startFarm,
} from "./farm.ts";

let farm: Farm;
beforeAll(async () => {
  farm = await startFarm(...minimalFarm(smallest));
  await farm.settled();
});
afterAll(() => farm.close());

/** Names of resources whose pods are others when it is done. */
async function rolledBy(act: () => Promise<unknown>, isDone: () => boolean): Promise<string[]> {
  const before = podIdentities(farm);
  await act();
  await farm.until("the change", isDone);
  await farm.settled();
  const after = podIdentities(farm);
  return Object.keys(after).filter((name) => String(before[name]) !== String(after[name]));
}

function generation(name: string): number {
  return farm.find(Deployment, name)?.metadata.generation ?? 0;
}

/** Whether the Deployments of all of them are others than now. */
function changesOf(...names: string[]): () => boolean {
  const before = names.map(generation);
  return () => names.every((name, index) => generation(name) > (before[index] ?? 0));
}

test("a field of one resource rolls that one", async () => {
  const change = () => farm.change(BuildbarnFrontend, "frontend", { maximumConnectionAgeSeconds: 60 });
  expect(await rolledBy(change, changesOf("frontend"))).toEqual(["frontend"]);
});

test("an address that others link to rolls those who link to it", async () => {
  const change = () => farm.change(BuildbarnBrowser, "browser", { externalUrl: "https://actions.test" });
  expect(await rolledBy(change, changesOf("scheduler", "worker"))).toEqual(["scheduler", "worker"]);
});

test("a ConfigMap that is written by hand rolls those who read the file that changed", async () => {
  const files = { ...generatedConfig(farm, "frontend"), ...generatedConfig(farm, "browser") };
  const data: Record<string, string> = { ...files, "README.md": "Written by hand." };
  await farm.create(configMap("by-hand", data));
  await farm.change(BuildbarnFrontend, "frontend", { configMapName: "by-hand", configShards: 1 });
  await farm.change(BuildbarnBrowser, "browser", { configMapName: "by-hand", configShards: 1 });
  await farm.settled();

  const edit = (key: string, text: string) =>
    farm.client.mergePatch(ConfigMap, { namespace: farm.namespace, name: "by-hand" }, { data: { [key]: text } });
  const revision = () => farm.find(Deployment, "browser")?.metadata.annotations?.["deployment.kubernetes.io/revision"];
  const before = Number(revision());
  const change = async () => {
    await edit("README.md", "Nobody reads this.");
    await edit("browser.jsonnet", ` ${data["browser.jsonnet"]}`);
  };
  expect(await rolledBy(change, changesOf("browser"))).toEqual(["browser"]);
  expect(Number(revision())).toBe(before + 1);
});

test("back to generated configuration", async () => {
  const generated = { configMapName: null, configShards: null };
  const change = async () => {
    await farm.change(BuildbarnFrontend, "frontend", generated);
    await farm.change(BuildbarnBrowser, "browser", generated);
  };
  expect((await rolledBy(change, changesOf("browser", "frontend"))).sort()).toEqual(["browser", "frontend"]);
});

test("another instance: pods have its label and read its files", async () => {
  const change = () => farm.change(BuildbarnWorker, "worker", { instance: "debian12" });
  expect(await rolledBy(change, changesOf("worker"))).toEqual(["worker"]);
  expect(podsOf(farm, "worker").map(({ metadata }) => metadata.labels?.instance)).toEqual(["debian12"]);
});

test("Ingresses come, change and go", async () => {
  const hostOf = (name: string) => farm.find(Ingress, name)?.spec?.rules?.[0]?.host;
  await farm.change(BuildbarnScheduler, "scheduler", { ingress: { host: "one.test", className: "a" } });
  await farm.change(BuildbarnBrowser, "browser", { ingressHost: "pages.test" });
  await farm.until("both", () => hostOf("scheduler") === "one.test" && hostOf("browser") === "pages.test");
  await farm.change(BuildbarnScheduler, "scheduler", { ingress: { host: "two.test", className: null } });
  await farm.until("another host", () => hostOf("scheduler") === "two.test");
  expect(farm.find(Ingress, "scheduler")?.spec?.ingressClassName).toBeUndefined();
  await farm.change(BuildbarnScheduler, "scheduler", { ingress: null });
  await farm.change(BuildbarnBrowser, "browser", { ingressHost: "" });
  await farm.until("none", () => farm.all(Ingress).length === 0);
  await farm.settled();
});

test("a scheduler of another name takes over", async () => {
  const [scheduler] = minimalFarm().filter(({ kind }) => kind === "BuildbarnScheduler");
  await farm.create({ ...scheduler, metadata: { name: "planner" } } as BuildbarnScheduler);
  await farm.until(
    "a farm that does not guess",
    () => conditionOf(farm.find(BuildbarnWorker, "worker"), "Ready")?.reason === "SchedulerAmbiguous",
  );
  await farm.remove(BuildbarnScheduler, "scheduler");
  await farm.until("an address of the other", () =>
    Object.values(generatedConfig(farm, "worker")).some((text) => text.includes(`planner.${farm.namespace}:8983`)),
  );
  await farm.settled();
});

test("a name that is taken is free when its owner is gone", async () => {
  const browser = minimalFarm().find(({ kind }) => kind === "BuildbarnBrowser") as BuildbarnBrowser;
  await farm.create({ ...browser, metadata: { name: "frontend" } });
  const conflict = () => conditionOf(farm.find(BuildbarnBrowser, "frontend"), "Ready")?.reason === "NameConflict";
  await farm.until("a conflict", conflict);
  await farm.remove(BuildbarnBrowser, "browser");
  await farm.remove(BuildbarnFrontend, "frontend");
  await farm.until(
    "an end of both",
    () => farm.all(BuildbarnFrontend).length + farm.all(BuildbarnBrowser).length === 1,
  );
  await farm.settled();
  const [pod] = podsOf(farm, "frontend");
  expect(pod?.metadata.labels?.app).toBe("browser");
});
