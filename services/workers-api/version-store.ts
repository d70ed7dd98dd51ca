/** Stores new versions. */

import { randomUUID } from "node:crypto";
import { Secret } from "../../api/builtin.ts";
import { apiVersionOf } from "../../api/resource.ts";
import type { WorkerCode } from "../../api/workers/code.ts";
import { versionSecretName } from "../../api/workers/object-names.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { namespaceOf } from "./accounts.ts";
import type { ScriptCall } from "./call.ts";
import { type CodeSource, codePrefix, digestOf, writeCode } from "./code.ts";
import type { Annotations } from "./metadata.ts";
import { scriptLabels } from "./scripts.ts";
import { changedSecrets, forDeployment, type History, ownerLabel } from "./versions.ts";

export interface VersionDraft {
  code: WorkerCode;
  source: CodeSource;
  secrets: Map<string, string>;
  annotations: Annotations;
  triggeredBy: "upload" | "secret";
  /** Whether the same request deploys it: it counts only from then on. */
  isForDeployment: boolean;
  startupTimeMs?: number | undefined;
}

/** A client that got no answer sends the same again within this time. */
const repetitionMs = 60_000;

export interface StoredVersion {
  version: WorkerVersion;
  script: WorkerDeployment;
}

/**
 * Stores the version: code first, then its script where that is new, then the record, then its Secret. Cut off
 * anywhere, it leaves nothing that serves, and nothing that the next upload minds.
 * @param scriptOf finds or makes the script, once the code is safe
 */
export async function storeVersion(
  call: ScriptCall,
  draft: VersionDraft,
  history: History,
  scriptOf: () => Promise<WorkerDeployment>,
): Promise<StoredVersion> {
  const digest = digestOf(draft.code);
  const repeated = repeatedVersion(call, history, draft, digest);
  if (repeated !== undefined) return { version: repeated, script: await scriptOf() };

  const url = codePrefix(call.account.metadata.name, call.script, digest);
  if (!("url" in draft.source) || draft.source.url !== url)
    await writeCode(call.platform.blobs, url, draft.code, draft.source);

  const script = await scriptOf();
  return { script, version: await createVersion(call, script, draft, { url, digest, sequence: history.sequence + 1 }) };
}

async function createVersion(
  call: ScriptCall,
  script: WorkerDeployment,
  draft: VersionDraft,
  place: Required<Pick<WorkerVersion["spec"], "url" | "digest" | "sequence">>,
): Promise<WorkerVersion> {
  const { client } = call.platform;
  const name = randomUUID();
  const secretRef = draft.secrets.size === 0 ? undefined : versionSecretName(name);
  const version = await client.create(WorkerVersion, {
    apiVersion: apiVersionOf(WorkerVersion),
    kind: "WorkerVersion",
    metadata: {
      name,
      namespace: namespaceOf(call.account),
      labels: { ...scriptLabels(call), [ownerLabel]: script.metadata.uid ?? "" },
      ...(draft.isForDeployment && { annotations: { [forDeployment]: "true" } }),
      ownerReferences: [ownerReference(script)],
    },
    spec: { ...record(call, draft), ...place, ...(secretRef && { secretRef }) },
  });
  if (secretRef !== undefined) await client.create(Secret, secretOf(call, version, secretRef, draft.secrets));
  return version;
}

/** The newest version, when it is what the draft would become. */
function repeatedVersion(
  call: ScriptCall,
  { base, bindings }: History,
  draft: VersionDraft,
  digest: string,
): WorkerVersion | undefined {
  if (base === undefined) return undefined;
  const wanted: Partial<WorkerVersion["spec"]> = { ...record(call, draft), digest };
  const isSame = (["digest", "message", "tag", "author", "triggeredBy"] as const).every(
    (field) => base.spec[field] === wanted[field],
  );
  const age = call.platform.now().getTime() - Date.parse(base.spec.createdOn ?? "");
  const isFresh = age < repetitionMs && changedSecrets(bindings.secrets, draft.secrets).length === 0;
  return isSame && isFresh ? base : undefined;
}

function ownerReference({ apiVersion, kind, metadata }: WorkerDeployment) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "", controller: true, blockOwnerDeletion: true };
}

function record(call: ScriptCall, { code, annotations, triggeredBy, startupTimeMs }: VersionDraft) {
  const { "workers/message": message, "workers/tag": tag } = annotations;
  return {
    accounts: call.account.metadata.name,
    scripts: call.script,
    format: code.format,
    mainModule: code.mainModule,
    modules: code.modules.map(({ path: _, ...module }) => module),
    compatibilityDate: code.compatibilityDate,
    compatibilityFlags: code.compatibilityFlags,
    bindings: code.bindings,
    createdOn: call.platform.now().toISOString(),
    author: call.principal.name,
    source: "wrangler",
    triggeredBy,
    ...(message === undefined ? {} : { message }),
    ...(tag === undefined ? {} : { tag }),
    ...(startupTimeMs === undefined ? {} : { startupTimeMs }),
  };
}

function secretOf(call: ScriptCall, owner: WorkerVersion, name: string, values: ReadonlyMap<string, string>): Secret {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace: namespaceOf(call.account),
      labels: scriptLabels(call),
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" }],
    },
    type: "Opaque",
    immutable: true,
    data: Object.fromEntries([...values].map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  };
}
