/** A platform of its own for a test file: temporary folder, free ports, nothing left behind. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createAccount } from "../../../cli/accounts.ts";
import { startPlatform } from "../../../local/platform/start.ts";
import { openBlobStore } from "../../../stores/blob.ts";
import { readOnly } from "./read-only.ts";
import type { Surroundings } from "./surroundings.ts";

const namespace = "default";

export async function embeddedSurroundings(): Promise<Surroundings> {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-e2e-"));
  const platform = await startPlatform({ dataDir: join(folder, "data"), port: 0 });
  return {
    client: platform.client,
    kubeconfig: platform.folder.kubeconfig,
    namespace,
    account: await createAccount(platform.client, "dev", namespace),
    domain: "localhost",
    router: `http://127.0.0.1:${platform.routerPort}`,
    apiBaseUrl: platform.apiBaseUrl,
    blobs: await openBlobStore(pathToFileURL(platform.folder.blobs).href),
    makeImagesReadOnly: () => readOnly(platform.folder.images),
    folder,
    close: async () => {
      await platform.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
