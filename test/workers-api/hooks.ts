/** Plays the hooks of an account: says in its status what the API waits for, as soon as a script changes. */

import type { ScriptStatus } from "../../api/workers/worker-account.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";

/** What differs from a status that simply says Serving; a field that is undefined is left out. */
type Difference = { [Field in keyof ScriptStatus]?: ScriptStatus[Field] | undefined };

/** What becomes of a script's version; undefined for one that simply serves. */
export type Fate = (script: string, version: string) => Difference | undefined;

export interface PlayedHooks {
  /** From now on; scripts that are there are looked at again. */
  decide(fate: Fate): void;
  close(): void;
}

const key = { namespace: "default" };

export const ready = {
  type: "Ready",
  status: "True" as const,
  reason: "NoWorkers",
  message: "played",
  lastTransitionTime: "2026-11-01T00:00:00Z",
};

export function playHooks(client: KubernetesClient, account: string): PlayedHooks {
  const scripts = cache(client, WorkerDeployment, { labelSelector: `accounts=${account}` });
  let fate: Fate = () => undefined;
  let turn = Promise.resolve();

  function say(): void {
    turn = turn.then(async () => {
      const entries = scripts.list().flatMap((script) => statusOf(script, fate));
      const status = { subdomain: "acme", conditions: [ready], scripts: entries };
      await client.mergePatch(WorkerAccount, { ...key, name: account }, { status }, { subresource: "status" });
    });
    turn = turn.catch(() => undefined); // the server is gone, or the next change says it
  }

  scripts.onChange(say);
  return {
    decide(next) {
      fate = next;
      say();
    },
    close: () => scripts.close(),
  };
}

function statusOf({ spec }: WorkerDeployment, fate: Fate): ScriptStatus[] {
  const name = spec.scriptName;
  const [deployment] = spec.deployments ?? [];
  const version = deployment?.versions[0]?.name;
  if (name === undefined || version === undefined) return [];
  const host = `${name}.acme.example.test`;
  const address = spec.workersDev ? { host, url: `http://${host}:8080` } : {};
  const wanted = { deploymentWanted: deployment?.id, versionWanted: version };
  const serving = { name, ...wanted, versionServing: version, reason: "Serving", ...address };
  return [{ ...serving, ...fate(name, version) } as ScriptStatus];
}
