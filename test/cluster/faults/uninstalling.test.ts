/** The platform goes before what it made: workers go on serving, everything can be deleted, and it can come back. */

import { afterAll, describe, expect, test } from "vitest";
import { Namespace, Secret, Service } from "../../../api/builtin.ts";
import { CustomResourceDefinition } from "../../../api/crd.ts";
import {
  type Account,
  accountGone,
  deleteAccount,
  deleteNamespace,
  files,
  livingAccount,
  namespaceGone,
} from "../ending.ts";
import { type Cluster, runningCluster } from "../harness/cluster.ts";
import { root } from "../harness/folders.ts";
import { run, tryRun } from "../harness/run.ts";
import { install } from "../install.ts";
import { system } from "../platform.ts";

const cluster = runningCluster() as Cluster;
const canInstall = cluster !== undefined && (await tryRun("make", ["--version"])) !== "";

const accounts: Account[] = [];
afterAll(async () => {
  await Promise.all(accounts.map(({ world }) => world.close()));
});

function make(...args: string[]): Promise<string> {
  const { kubectl, kubeconfig, images } = cluster;
  const command = `KUBECTL=${kubectl} kubectl --kubeconfig ${kubeconfig} --request-timeout=60s`;
  const driver = `DRIVER=${images.metacontroller === undefined ? "driver" : "metacontroller"}`;
  return run("make", [...args, command, driver], { cwd: root, timeoutMs: 240_000 });
}

/** The worker's own answer, since nobody routes any more. */
async function answerOf({ world }: Account): Promise<string> {
  const [service] = await world.list(Service);
  const { clusterIP, ports } = service?.spec ?? {};
  const response = await fetch(`http://${clusterIP}:${ports?.[0]?.port}/`, { signal: AbortSignal.timeout(10_000) });
  return response.text();
}

describe.skipIf(!canInstall)("uninstalled", () => {
  test("programs go, workers serve; accounts and namespaces can be deleted, and then the kinds", async () => {
    const [staying, first, second, last] = await Promise.all(Array.from({ length: 4 }, livingAccount));
    if (!staying || !first || !second || !last) throw new Error("there are too few accounts");
    accounts.push(staying, first, second, last);
    await make("undeploy");
    expect(await answerOf(staying)).toBe("alive");

    await Promise.all([deleteAccount(first), deleteNamespace(second)]);
    await Promise.all([accountGone(first), namespaceGone(second)]);
    await deleteNamespace(first);
    await namespaceGone(first);
    expect(await answerOf(staying)).toBe("alive");

    await expect(make("uninstall")).rejects.toThrow(staying.world.account.id);
    await make("uninstall", "FORCE=true");
    const { client } = staying.world;
    const { items } = await client.list(CustomResourceDefinition);
    expect(items.filter(({ spec }) => /cf-worker|metacontroller/.test(spec.group))).toEqual([]);
    expect(await client.get(Namespace, { name: system })).toBeUndefined();
    await deleteNamespace(last);
    await namespaceGone(last);
    // What an administrator made stays.
    expect((await staying.world.list(Secret)).map(({ metadata }) => metadata.name)).toContain("docker-hub");
  }, 600_000);

  test("and installed again, it works as before", async () => {
    await install(cluster, () => undefined);
    const account = await livingAccount();
    accounts.push(account);
    account.project.write(files("back again"));
    expect(await account.project.wrangler(["deploy"])).toMatchObject({ code: 0 });
    expect((await account.world.ask("mortal")).text).toBe("back again");
  }, 600_000);
});
