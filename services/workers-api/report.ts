/** Why a version does not serve, in the words of the build's report. */

import { accountLabel } from "../../api/workers/fields.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import type { ScriptStatus } from "../../api/workers/worker-account.ts";
import { namespaceOf } from "./accounts.ts";
import type { ScriptCall } from "./call.ts";

/** The report's message where there is one; else what the account says. */
export async function failureText(call: ScriptCall, { message, reason, versionWanted }: ScriptStatus): Promise<string> {
  return (await reportedText(call, versionWanted)) ?? message ?? reason;
}

async function reportedText(call: ScriptCall, version: string | undefined): Promise<string | undefined> {
  const account = call.account.metadata.name;
  const query = { namespace: namespaceOf(call.account), labelSelector: `${accountLabel}=${account}` };
  const { items } = await call.platform.client.list(JobBuilder, query);
  const failed = items.filter(({ status }) =>
    status?.conditions?.some(({ type, status }) => type === "Built" && status === "False"),
  );
  const builder =
    failed.find(({ status }) => status?.failedWorker?.version === version) ??
    failed.find(({ spec }) => spec.workers?.some((worker) => worker.version === version));

  const key = builder?.status?.report;
  if (key === undefined || !key.startsWith(`reports/${account}/`)) return undefined;
  const bytes = await call.platform.blobs.get(key);
  return bytes === undefined ? undefined : messageIn(Buffer.from(bytes).toString("utf8"));
}

function messageIn(report: string): string | undefined {
  try {
    const { failure } = JSON.parse(report) as { failure?: { message?: unknown } };
    return typeof failure?.message === "string" ? failure.message : undefined;
  } catch {
    return undefined;
  }
}
