/** Who can reach a farm that asks nobody who he is. */

import type { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import type { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import type { Authorizer } from "../../api/buildbarn/trust.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { ownConfigMap } from "./kinds.ts";

const whatAnybodyMay = {
  BuildbarnFrontend: "read, write and run actions",
  BuildbarnScheduler: "run and end actions, and be a worker",
};

/** A load balancer in front of programs that let everybody in; configuration that is written by hand may well ask. */
export function openToTheWorld(component: BuildbarnFrontend | BuildbarnScheduler): Verdict | undefined {
  const { serviceType, tls, auth = {} } = component.spec;
  const rights: Partial<Record<string, Authorizer>> = auth;
  const isLimited = Object.values(rights).some((authorizer) => authorizer?.policy !== "Allow");
  const isGuarded = tls?.clientCertificates || isLimited || ownConfigMap(component) !== undefined;
  if (serviceType !== "LoadBalancer" || isGuarded) return undefined;
  return no(
    "OpenToTheWorld",
    `spec.serviceType is LoadBalancer, and everybody who reaches it may ${whatAnybodyMay[component.kind]}: set spec.tls.clientCertificates or spec.auth`,
  );
}
