/** Where a farm's programs find its scheduler and its browser. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import type { Ingress } from "../../api/buildbarn/fields.ts";
import { ports, serviceAddress } from "../../api/buildbarn/names.ts";
import type { ObjectSet } from "../contract/observed.ts";
import { placeOf } from "./blobstore.ts";
import { type Found, find } from "./discovery.ts";
import type { ConfigObject } from "./jsonnet.ts";
import type { Settings } from "./kinds.ts";
import { grpcClient } from "./trust.ts";

type Reference = { name: string } | undefined;

export function schedulerFor(reference: Reference, related: ObjectSet): Found<BuildbarnScheduler> {
  return find(related, { kind: BuildbarnScheduler, field: "schedulerRef", reference });
}

export function browserFor(reference: Reference, related: ObjectSet): Found<BuildbarnBrowser> {
  return find(related, { kind: BuildbarnBrowser, field: "browserRef", reference, isOptional: true });
}

/** Clients and workers have a port each. */
export function schedulerClient(
  scheduler: BuildbarnScheduler,
  port: typeof ports.schedulerClient | typeof ports.schedulerWorker,
  client: { secretName: string } | undefined,
  settings: Settings,
): ConfigObject {
  return grpcClient(serviceAddress(placeOf(scheduler, settings), port), "scheduler", scheduler.spec.tls, client);
}

/** The Ingress of a browser: typed, or the original's host alone. */
export function browserIngress({ spec }: BuildbarnBrowser): Ingress | undefined {
  if (spec.ingress !== undefined) return spec.ingress;
  return spec.ingressHost === undefined || spec.ingressHost === "" ? undefined : { host: spec.ingressHost };
}

/** Where people find the browser; without a public address, the Service. */
export function browserUrl(browser: BuildbarnBrowser, settings: Settings): string {
  if (browser.spec.externalUrl !== undefined) return browser.spec.externalUrl;
  const ingress = browserIngress(browser);
  if (ingress === undefined) return `http://${serviceAddress(placeOf(browser, settings), ports.browser)}`;
  const isEncrypted = ingress.tlsSecretName !== undefined && ingress.tlsSecretName !== "";
  return `${isEncrypted ? "https" : "http"}://${ingress.host}`;
}

/** The `browserUrl` field; none without a browser. */
export function browserLink(browser: BuildbarnBrowser | undefined, settings: Settings): ConfigObject {
  return browser === undefined ? {} : { browserUrl: browserUrl(browser, settings) };
}
