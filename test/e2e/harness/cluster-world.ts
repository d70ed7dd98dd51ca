/** An account in a namespace of its own, on the platform that is installed on a cluster. */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Namespace } from "../../../api/builtin.ts";
import { createAccount } from "../../../cli/accounts.ts";
import { connect } from "../../../kubernetes/client.ts";
import { openBlobStore } from "../../../stores/blob.ts";
import type { InstalledPlatform } from "../../cluster/installed.ts";
import { accountNamespace } from "../../cluster/objects.ts";
import { readOnly } from "./read-only.ts";
import type { Surroundings } from "./surroundings.ts";

export async function clusterSurroundings(platform: InstalledPlatform): Promise<Surroundings> {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-e2e-"));
  const client = connect({ kubeconfig: platform.kubeconfig });
  const name = `e2e-${randomBytes(4).toString("hex")}`;
  for (const { resource, object } of accountNamespace(name, platform)) await client.create(resource, object);
  return {
    client,
    kubeconfig: platform.kubeconfig,
    namespace: name,
    account: await createAccount(client, name, name),
    domain: platform.domain,
    router: platform.router,
    apiBaseUrl: platform.apiBaseUrl,
    blobs: await openBlobStore(platform.blobStore, platform.blobStoreEnv),
    makeImagesReadOnly: () => readOnly(platform.accountsRegistryFolder),
    folder,
    close: async () => {
      await client.delete(Namespace, { name }, { ignoreNotFound: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
