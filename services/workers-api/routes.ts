/** Every request that the API answers, in one table. What is not here is refused by name. */

import { requireAccount } from "./auth.ts";
import type { AccountCall, Call, Handler, ScriptCall } from "./call.ts";
import { getContent } from "./content.ts";
import { postVersion, putScript } from "./deploy.ts";
import { getDeployment, getDeployments, postDeployment } from "./deployments.ts";
import { apiError } from "./errors.ts";
import { getSchedules, putSchedules } from "./schedules.ts";
import { deleteSecret, getSecrets, patchLatestVersion, patchSecrets, putSecret } from "./secrets.ts";
import { deleteService, getReferences, getScripts, getService, nothing } from "./services.ts";
import { getScriptSettings, getSettings, patchScriptSettings } from "./settings.ts";
import { patchSettings } from "./settings-upload.ts";
import {
  getAccountSubdomain,
  getScriptSubdomain,
  getWorker,
  postScriptSubdomain,
  putAccountSubdomain,
} from "./subdomain.ts";
import { getVersion, getVersions } from "./version-routes.ts";
import { getAccount, getAccounts, getMemberships, getUser, verifyToken } from "./whoami.ts";

type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

export interface Route {
  method: Method;
  path: string;
  handle: Handler;
}

export const basePath = "/client/v4";

export const routes: readonly Route[] = [
  user("GET", "/user", getUser),
  user("GET", "/user/tokens/verify", verifyToken),
  user("GET", "/accounts", getAccounts),
  user("GET", "/memberships", getMemberships),
  account("GET", "", getAccount),

  change("PUT", "/workers/scripts/:script", putScript),
  script("GET", "/workers/scripts/:script/versions", getVersions),
  change("POST", "/workers/scripts/:script/versions", postVersion),
  script("GET", "/workers/scripts/:script/versions/:version", getVersion),
  script("GET", "/workers/scripts/:script/deployments", getDeployments),
  change("POST", "/workers/scripts/:script/deployments", postDeployment),
  script("GET", "/workers/scripts/:script/deployments/:deployment", getDeployment),

  script("GET", "/workers/scripts/:script/secrets", getSecrets),
  change("PUT", "/workers/scripts/:script/secrets", putSecret),
  change("DELETE", "/workers/scripts/:script/secrets/:secret", deleteSecret),
  change("PATCH", "/workers/scripts/:script/secrets-bulk", patchSecrets),
  change("PATCH", "/workers/workers/:script/versions/latest", patchLatestVersion),
  script("GET", "/workers/scripts/:script/content/v2", getContent),

  script("GET", "/workers/scripts/:script/settings", getSettings),
  change("PATCH", "/workers/scripts/:script/settings", patchSettings),
  script("GET", "/workers/scripts/:script/script-settings", getScriptSettings),
  change("PATCH", "/workers/scripts/:script/script-settings", patchScriptSettings),

  script("GET", "/workers/scripts/:script/schedules", getSchedules),
  script("PUT", "/workers/scripts/:script/schedules", putSchedules),

  account("GET", "/workers/subdomain", getAccountSubdomain),
  account("PUT", "/workers/subdomain", putAccountSubdomain),
  script("GET", "/workers/workers/:script", getWorker),
  script("GET", "/workers/scripts/:script/subdomain", getScriptSubdomain),
  change("POST", "/workers/scripts/:script/subdomain", postScriptSubdomain),

  account("GET", "/workers/scripts", getScripts),
  script("GET", "/workers/services/:script", getService),
  change("DELETE", "/workers/services/:script", deleteService),
  script("GET", "/workers/scripts/:script/references", getReferences),

  // wrangler delete asks for these; there are none.
  script("GET", "/workers/tails/by-consumer/:script", nothing),
  account("GET", "/workers/durable_objects/namespaces", nothing),
  account("GET", "/storage/kv/namespaces", nothing),
];

function user(method: Method, path: string, handle: Handler): Route {
  return { method, path, handle };
}

/** For requests about one account: the token must be for it. */
function account(method: Method, path: string, handle: Handler<AccountCall>): Route {
  return {
    method,
    path: `/accounts/:account${path}`,
    handle(call) {
      const own = inAccount(call);
      return call.platform.limits.request(own, async () => handle(own));
    },
  };
}

/** For requests about one script: the name must be a script's. */
function script(method: Method, path: string, handle: Handler<ScriptCall>): Route {
  return account(method, path, (call) => handle({ ...call, script: scriptName(call) }));
}

/** For requests that change a script; most of them hold their answer until the change serves. */
function change(method: Method, path: string, handle: Handler<ScriptCall>): Route {
  return script(method, path, (call) => call.platform.limits.change(call, async () => handle(call)));
}

function inAccount(call: Call): AccountCall {
  return { ...call, account: requireAccount(call.principal, call.params.account ?? "") };
}

const namePattern = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

function scriptName({ params }: AccountCall): string {
  const name = params.script ?? "";
  if (namePattern.test(name)) return name;
  throw apiError("invalidScriptName", { name: JSON.stringify(name.slice(0, 100)) });
}
