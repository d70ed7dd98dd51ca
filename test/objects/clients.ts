/** Asks the hooks of a farm's clients, in a farm that has one of each kind. */

import type { ConfigMap, Deployment } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { buildbarnBrowser } from "../../hooks/buildbarn/buildbarn-browser.ts";
import { buildbarnFrontend } from "../../hooks/buildbarn/buildbarn-frontend.ts";
import { buildbarnScheduler } from "../../hooks/buildbarn/buildbarn-scheduler.ts";
import { browser, frontend, scheduler, storage, worker } from "./buildbarn.ts";
import { ask, asStored, running } from "./farm.ts";
import { namespace } from "./workers.ts";

type World = Parameters<typeof ask>[2];
export const farm: KubernetesObject[] = [storage(), scheduler(), frontend(), browser(), worker()];
export const sync = (spec: Parameters<typeof frontend>[0] = {}, world: World = { related: farm }) =>
  ask(buildbarnFrontend, frontend(spec), world);
export const schedule = (spec: Parameters<typeof scheduler>[0] = {}, related = farm) =>
  ask(buildbarnScheduler, scheduler(spec), { related });
export const browse = (spec: Parameters<typeof browser>[0] = {}, related = farm) =>
  ask(buildbarnBrowser, browser(spec), { related });

/** The frontend's children as they are stored, with all pods running what is asked for. */
export function stored(spec: Parameters<typeof frontend>[0] = {}, world?: World): KubernetesObject[] {
  return sync(spec, world).answer.children.map((child) =>
    child.kind === "Deployment" ? asStored(child, running(child as Deployment)) : child,
  );
}

export function configOf({ configMaps }: { configMaps: ConfigMap[] }, key: string) {
  return JSON.parse(configMaps[0]?.data?.[key] ?? "null");
}

export function byHand(keys: string[], data: Record<string, string> = {}): KubernetesObject {
  const content = { ...Object.fromEntries(keys.map((key) => [key, "{}"])), ...data };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "by-hand", namespace }, data: content } as never;
}
