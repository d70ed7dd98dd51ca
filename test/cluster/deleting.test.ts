/** Accounts and their namespaces end in any order, and a sweep leaves nothing of them in S3 and the registry. */

import { afterAll, describe, expect, test } from "vitest";
import { Job } from "../../api/builtin.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import {
  type Account,
  accountGone,
  deleteAccount,
  deleteNamespace,
  files,
  finalized,
  livingAccount,
  namespaceGone,
  stored,
} from "./ending.ts";
import { waitFor } from "./harness/wait.ts";
import { sweep } from "./sweeping.ts";

interface End {
  what: string;
  bring(account: Account): Promise<unknown>;
  gone(account: Account): Promise<void>;
}

/** Resolves when the next image is being built. */
async function duringBuild({ world, project }: Account): Promise<void> {
  project.write(files("never to be"));
  void project.wrangler(["deploy"]);
  const isBuilding = async () => (await world.list(Job)).some(({ status }) => (status?.active ?? 0) > 0);
  await waitFor(isBuilding, { what: "a build", timeoutMs: 60_000 });
}

const ends: End[] = [
  { what: "the account", bring: deleteAccount, gone: accountGone },
  {
    what: "the account, what it owns first",
    bring: (account) => deleteAccount(account, { propagationPolicy: "Foreground" }),
    gone: accountGone,
  },
  { what: "the namespace at once", bring: deleteNamespace, gone: namespaceGone },
  {
    what: "the account, and the namespace in the same moment",
    bring: (account) => Promise.all([deleteAccount(account), deleteNamespace(account)]),
    gone: namespaceGone,
  },
  {
    what: "the account in the middle of a build",
    bring: async (account) => {
      await duringBuild(account);
      await deleteAccount(account);
    },
    gone: accountGone,
  },
  {
    what: "the namespace in the middle of a build",
    bring: async (account) => {
      await duringBuild(account);
      await deleteNamespace(account);
    },
    gone: namespaceGone,
  },
  {
    what: "parts of the account, and then the account",
    bring: async (account) => {
      const { client, list } = account.world;
      for (const resource of [WorkerBundle, WorkerRelease]) {
        // Some go with their owner in the same moment.
        for (const { metadata } of await list(resource))
          await client.delete(resource, metadata, { ignoreNotFound: true });
      }
      await deleteAccount(account);
    },
    gone: accountGone,
  },
];

const accounts: Account[] = [];
afterAll(async () => {
  await Promise.all(accounts.map(({ world }) => world.close()));
});

describe.concurrent("an end", () => {
  test.for(ends)("of $what", { timeout: 300_000 }, async ({ bring, gone }, { expect }) => {
    const account = await livingAccount();
    accounts.push(account);
    expect(await finalized(account)).toEqual([]);
    await bring(account);
    await gone(account);
    await expect.poll(async () => (await account.world.ask("mortal")).status, { timeout: 10_000 }).toBe(404);
  });
});

/** Longer than any test takes between a blob and the object that refers to it. */
const graceSeconds = 30;

test("sweeps leave nothing of them", { timeout: 300_000 }, async () => {
  expect(await stored(accounts)).not.toEqual([]);
  const { client } = (accounts[0] as Account).world;
  // The first one to see an image without a reference only marks it.
  const swept = async () => {
    await sweep(client, graceSeconds);
    return (await stored(accounts)).length === 0;
  };
  await waitFor(swept, { what: "sweeps", timeoutMs: 200_000, everyMs: 5_000 }).catch(async (error: Error) => {
    throw new Error(`${error.message}; left: ${(await stored(accounts)).join(", ")}`);
  });
});
