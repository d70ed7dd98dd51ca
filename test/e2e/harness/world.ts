/**
 * A platform for a test file, with an account of its own: the embedded one, or the one that is installed on the
 * cluster that the tests were given. The same files run in both worlds.
 */

import { inject } from "vitest";
import type { Resource } from "../../../api/resource.ts";
import { type ScriptStatus, WorkerAccount } from "../../../api/workers/worker-account.ts";
import { cache } from "../../../kubernetes/cache.ts";
import { type Answer, ask, type Request } from "./http.ts";
import { copyFolder, type Project, project, writeFiles } from "./project.ts";
import type { Surroundings } from "./surroundings.ts";

export interface World extends Surroundings {
  /** Asks a script over the router. */
  ask(script: string, request?: Request): Promise<Answer>;
  /** Objects of the account's namespace. */
  list<T extends Resource>(resource: T): Promise<Listed<T>[]>;
  /** A wrangler project in a temporary folder, with the account's settings in its `.env`. */
  project(files: Record<string, string | Uint8Array>): Project;
  /** A copy of a folder as a wrangler project. */
  projectFrom(folder: string): Project;
  /** Resolves when the account's status says so. */
  waitForScript(script: string, predicate: (status: ScriptStatus | undefined) => boolean): Promise<void>;
}

type Listed<T> = T extends Resource<infer K> ? K : never;

export async function startWorld(): Promise<World> {
  const cluster = inject("cluster");
  const surroundings =
    cluster === undefined
      ? await (await import("./embedded-world.ts")).embeddedSurroundings()
      : await (await import("./cluster-world.ts")).clusterSurroundings(cluster);
  const { client, namespace, account, domain, router } = surroundings;
  const accounts = cache(client, WorkerAccount, { namespace });
  await accounts.ready;

  const projectIn = (fill: (path: string) => void) => project(surroundings.folder, envOf(surroundings), fill);
  return {
    ...surroundings,
    ask: (script, request) => ask(router, `${script}.${account.name}.${domain}`, request),
    list: async (resource) => (await client.list(resource, { namespace })).items as never,
    project: (files) => projectIn((path) => writeFiles(path, files)),
    projectFrom: (source) => projectIn((path) => copyFolder(source, path)),
    waitForScript: async (script, predicate) => {
      const statusOf = () => accounts.get(namespace, account.id)?.status?.scripts?.find(({ name }) => name === script);
      await accounts.waitFor(() => predicate(statusOf()), { what: `script ${script}`, timeoutMs: 60_000 });
    },
    close: async () => {
      accounts.close();
      await surroundings.close();
    },
  };
}

function envOf({ apiBaseUrl, account }: Surroundings): string {
  return [
    `CLOUDFLARE_API_BASE_URL=${apiBaseUrl}`,
    `CLOUDFLARE_API_TOKEN=${account.token}`,
    `CLOUDFLARE_ACCOUNT_ID=${account.id}`,
    "",
  ].join("\n");
}
