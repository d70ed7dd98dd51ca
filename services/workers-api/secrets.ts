/** Secrets: each change is a new version with the same code, deployed at once. */

import { type TSchema, Type } from "typebox";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import { fromFreshBase } from "./base.ts";
import { type Bindings, changeSecrets, secretText } from "./bindings.ts";
import type { ScriptCall } from "./call.ts";
import { readCode } from "./code.ts";
import { commitDeployment, commitVersion } from "./commit.ts";
import type { Answer } from "./envelope.ts";
import { apiError } from "./errors.ts";
import { readJson } from "./json-body.ts";
import { type Annotations, annotations } from "./metadata.ts";
import { assertStorable } from "./prepare.ts";
import { presentVersion } from "./present.ts";
import { assertChangeable, requireScript } from "./scripts.ts";
import { type StoredVersion, storeVersion } from "./version-store.ts";
import { type History, historyOf, listVersions } from "./versions.ts";
import { holdUntilServed } from "./wait.ts";

type Changes = ReadonlyMap<string, string | null>;

interface Secret {
  name: string;
  type: "secret_text";
}

function secretsOf(version: WorkerVersion | undefined): Secret[] {
  const bindings = version?.spec.bindings ?? [];
  return bindings.filter(({ type }) => type === "secret_text").map(({ name }) => ({ name, type: "secret_text" }));
}

/** GET secrets: names only, of the newest version. */
export async function getSecrets(call: ScriptCall): Promise<Answer> {
  const [newest] = await listVersions(call, await requireScript(call));
  return { result: secretsOf(newest) };
}

const secret = Type.Object({
  name: Type.String({ maxLength: 128 }),
  text: secretText,
  type: Type.Optional(Type.Literal("secret_text")),
});

export async function putSecret(call: ScriptCall): Promise<Answer> {
  await changeableScript(call);
  const { name, text } = await readJson(call, secret);
  const messages = await deployChange(call, new Map([[name, text]]));
  return { result: { name, type: "secret_text" }, messages };
}

export async function deleteSecret(call: ScriptCall): Promise<Answer> {
  const script = await changeableScript(call);
  const { secret: name = "" } = call.params;
  const [newest] = await listVersions(call, script);
  if (!secretsOf(newest).some((known) => known.name === name)) {
    throw apiError("secretNotFound", { script: call.script, name: JSON.stringify(name) });
  }
  return { result: null, messages: await deployChange(call, new Map([[name, null]])) };
}

function mapOf<S extends TSchema>(value: S) {
  return Type.Record(Type.String(), Type.Union([Type.Null(), value]));
}

const bulk = Type.Object({ secrets: mapOf(secret) }, { additionalProperties: false });

/** PATCH secrets-bulk: null removes. */
export async function patchSecrets(call: ScriptCall): Promise<Answer> {
  await changeableScript(call);
  const { secrets } = await readJson(call, bulk);
  const changes = new Map(Object.entries(secrets).map(([name, value]) => [name, value?.text ?? null]));
  const messages = await deployChange(call, changes);
  const [newest] = await listVersions(call, await requireScript(call));
  return { result: secretsOf(newest), messages };
}

const latest = Type.Object(
  {
    env: Type.Optional(mapOf(Type.Object({ type: Type.Literal("secret_text"), text: secretText }))),
    annotations: Type.Optional(annotations),
  },
  { additionalProperties: false },
);

/** PATCH versions/latest: a new version with other secrets, not deployed. */
export async function patchLatestVersion(call: ScriptCall): Promise<Answer> {
  await changeableScript(call);
  const { env = {}, annotations: notes = {} } = await readJson(call, latest);
  const changes = new Map(Object.entries(env).map(([name, value]) => [name, value?.text ?? null]));
  const version = await fromFreshBase(call, async () => {
    const script = await changeableScript(call);
    const history = await historyOf(call, script);
    const draft = { bindings: changeSecrets(history.bindings, changes), notes, isForDeployment: false };
    const { version: stored } = await storeChange(call, script, history, draft);
    const base = { newest: history.base?.metadata.name, mustServe: false };
    await commitVersion(call, script, { version: stored, base });
    return stored;
  });
  return { result: presentVersion(version) };
}

async function changeableScript(call: ScriptCall): Promise<WorkerDeployment> {
  return assertChangeable(await requireScript(call));
}

async function deployChange(call: ScriptCall, changes: Changes): Promise<string[]> {
  const { messages } = await deployBindings(call, (previous) => changeSecrets(previous, changes));
  return messages;
}

/**
 * Deploys the code that serves with what `change` makes of its bindings.
 * @throws ApiError `latestNotDeployed`: deploying other secrets must not deploy other code along with them
 */
export async function deployBindings(call: ScriptCall, change: (previous: Bindings) => Bindings) {
  const { wanted, bindings } = await fromFreshBase(call, async () => {
    const current = await changeableScript(call);
    const history = await historyOf(call, current);
    return deployChanged(call, current, history, change(history.bindings));
  });
  return { script: wanted.script, bindings, messages: await holdUntilServed(call, wanted) };
}

async function deployChanged(call: ScriptCall, script: WorkerDeployment, history: History, bindings: Bindings) {
  const served = script.spec.deployments?.[0]?.versions[0]?.name;
  if (history.base?.metadata.name !== served) throw apiError("latestNotDeployed", { script: call.script });
  const { version } = await storeChange(call, script, history, { bindings, notes: {}, isForDeployment: true });
  const base = { newest: served, mustServe: true };
  const { entry, script: deployed } = await commitDeployment(call, script, { version, base, triggeredBy: "secret" });
  const wanted = { script: deployed, deployment: entry.id, version: version.metadata.name };
  return { wanted, bindings: bindings.bindings };
}

interface SecretDraft {
  bindings: Bindings;
  notes: Annotations;
  isForDeployment: boolean;
}

/** The code stays where it is, unless a secret came or went: which secrets there are belongs to the description. */
async function storeChange(
  call: ScriptCall,
  script: WorkerDeployment,
  history: History,
  { bindings: { bindings, secrets }, notes, isForDeployment }: SecretDraft,
): Promise<StoredVersion> {
  const { base } = history;
  if (base === undefined) throw apiError("noVersions", { script: call.script });
  const code = { ...(await readCode(call, base)), bindings };
  assertStorable(code, { secrets });
  const { startupTimeMs } = base.spec;
  const source = { url: base.spec.url };
  const draft = { code, source, secrets, annotations: notes, isForDeployment, startupTimeMs };
  return storeVersion(call, { ...draft, triggeredBy: "secret" }, history, async () => script);
}
