/** Requests for what this platform has not, refused by name. */

import { requireAccount } from "./auth.ts";
import type { Call, Handler } from "./call.ts";
import { apiError } from "./errors.ts";
import { features } from "./features.ts";

export interface Refusal {
  path: string;
  handle: Handler;
}

/** Matched after all routes, so that what is answered in part (an empty list) stays answered. */
export const refusals: readonly Refusal[] = [
  ...features.flatMap(({ what, requests = [], comesAfterDeploy }) =>
    requests.map((path) => refusal(`/accounts/:account${path}`, what, comesAfterDeploy)),
  ),
  // wrangler looks up the zone of a route or of a custom domain.
  refusal("/zones", "routes and custom domains are", true),
];

function refusal(path: string, what: string, comesAfterDeploy = false): Refusal {
  return {
    path: `${path}{/*rest}`,
    handle({ principal, params }: Call) {
      if (params.account !== undefined) requireAccount(principal, params.account);
      return refuse(what, comesAfterDeploy);
    },
  };
}

/** @throws ApiError always */
export function refuse(what: string, comesAfterDeploy: boolean): never {
  const note = comesAfterDeploy ? "; what was deployed before this request serves without them" : "";
  throw apiError("unsupportedRequest", { what, note });
}
