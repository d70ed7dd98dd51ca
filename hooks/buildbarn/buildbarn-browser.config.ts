/** The configuration of the browser: it reads blobs and results, nothing else. */

import type { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { configKeys, ports } from "../../api/buildbarn/names.ts";
import type { Verdict } from "../contract/conditions.ts";
import type { ObjectSet } from "../contract/observed.ts";
import { blobstore, type Shards, shardedStore } from "./blobstore.ts";
import type { ConfigObject } from "./jsonnet.ts";
import type { Settings } from "./kinds.ts";
import { type Generated, isVerdict, overridden } from "./plan.ts";
import { diagnostics, httpServer, int64 } from "./servers.ts";
import { storagePartsOf } from "./storage-use.ts";
import { authorizerOf, secretsOf } from "./trust.ts";

function browserConfig({ spec }: BuildbarnBrowser, shards: Shards): ConfigObject {
  return {
    blobstore: blobstore(shards),
    fileSystemAccessCache: shardedStore(shards),
    maximumMessageSizeBytes: int64(spec.maximumMessageSizeBytes),
    httpServers: [httpServer(ports.browser)],
    global: diagnostics(ports.diagnostics),
    authorizer: authorizerOf(spec.auth?.view),
    requestMetadataLinksJmespathExpression: { expression: "`{}`" },
  };
}

export function generatedBrowser(
  browser: BuildbarnBrowser,
  related: ObjectSet,
  settings: Settings,
): Generated | Verdict {
  const { clientTls, configOverrides } = browser.spec;
  const parts = storagePartsOf({ client: browser, related, settings });
  if (isVerdict(parts)) return parts;
  const secrets = secretsOf({ client: clientTls, storage: parts.storage.spec.tls });
  return {
    files: { [configKeys.browser]: overridden(browserConfig(browser, parts.shards), configOverrides) },
    ingredients: { storage: parts.ingredient, ...(secrets === undefined ? {} : { secrets }) },
  };
}
