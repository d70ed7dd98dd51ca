/** Uploads: a deploy in one request (PUT), and a version that is not deployed yet (POST versions). */

import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { fromFreshBase } from "./base.ts";
import type { ScriptCall } from "./call.ts";
import { commitDeployment, commitVersion } from "./commit.ts";
import type { Answer } from "./envelope.ts";
import type { Metadata } from "./metadata.ts";
import { prepareDeploy, prepareVersion } from "./prepare.ts";
import { presentScript, presentVersion } from "./present.ts";
import { ensureScript, requireScript } from "./scripts.ts";
import { settingsPatch } from "./settings.ts";
import { type Upload, withUpload } from "./upload.ts";
import { storeVersion } from "./version-store.ts";
import { holdUntilServed } from "./wait.ts";

/** PUT script: stores a version, deploys it, and answers when it serves. */
export async function putScript(call: ScriptCall): Promise<Answer> {
  const { script, version, entry } = await withUpload(call, "metadata", (upload) =>
    fromFreshBase(call, () => deployUpload(call, upload)),
  );
  const messages = await holdUntilServed(call, { script, deployment: entry.id, version: version.metadata.name });
  return { result: presentScript(call, script, version), messages };
}

async function deployUpload(call: ScriptCall, upload: Upload) {
  const { metadata, draft, history } = await prepareDeploy(call, upload);
  const stored = await storeVersion(call, draft, history, () => ensureScript(call));
  const { version } = stored;
  const { entry, script } = await commitDeployment(call, stored.script, {
    version,
    base: { newest: history.base?.metadata.name, mustServe: false },
    triggeredBy: "upload",
    message: metadata.annotations?.["workers/message"],
    settingsPatch: (current) => uploadedSettings(current, metadata),
  });
  return { script, version, entry };
}

function uploadedSettings(current: WorkerDeployment, { observability, logpush, tags }: Metadata) {
  return settingsPatch(current, {
    ...(observability === undefined ? {} : { observability }),
    ...(typeof logpush === "boolean" ? { logpush } : {}),
    ...(tags === undefined ? {} : { tags }),
  });
}

/** POST versions: stores a version and deploys nothing. */
export async function postVersion(call: ScriptCall): Promise<Answer> {
  const version = await withUpload(call, "metadata", (upload) => fromFreshBase(call, () => keepUpload(call, upload)));
  return { result: presentVersion(version) };
}

async function keepUpload(call: ScriptCall, upload: Upload) {
  const script = await requireScript(call);
  const { draft, history } = await prepareVersion(call, script, upload);
  const { version } = await storeVersion(call, draft, history, async () => script);
  await commitVersion(call, script, { version, base: { newest: history.base?.metadata.name, mustServe: false } });
  return version;
}
