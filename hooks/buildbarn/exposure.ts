/** Who can reach a farm that asks nobody who he is. */

import type { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { ownConfigMap } from "./kinds.ts";

/** A load balancer in front of a farm that lets everybody in; configuration that is written by hand may well ask. */
export function openToTheWorld(frontend: BuildbarnFrontend): Verdict | undefined {
  const { serviceType, tls, auth } = frontend.spec;
  const isGuarded = tls?.clientCertificates || auth !== undefined || ownConfigMap(frontend) !== undefined;
  if (serviceType !== "LoadBalancer" || isGuarded) return undefined;
  return no(
    "OpenToTheWorld",
    "spec.serviceType is LoadBalancer, and everybody who reaches it may read, write and run actions: set spec.tls.clientCertificates or spec.auth",
  );
}
