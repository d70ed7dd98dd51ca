/** Why a version does not serve: in the words of the build's report, or else of what the Job has left behind. */

import type { JobBuilder } from "../../api/workers/job-builder.ts";
import type { ScriptStatus } from "../../api/workers/worker-account.ts";
import { buildsOf } from "./builds.ts";
import type { AccountCall } from "./call.ts";
import { causesFor } from "./waiting-for.ts";

/** The report's message where there is one; else what the account says, with the causes that pods and Events tell. */
export async function failureText(call: AccountCall, status: ScriptStatus): Promise<string> {
  const { versionWanted = "", reason, message = reason } = status;
  const reported = await reportedText(call, versionWanted);
  if (reported !== undefined) return reported;
  const causes = reason === "BuildFailed" ? await causesFor(call, versionWanted, reason) : [];
  return causes.length === 0 ? message : `${message} (${causes.join("; ")})`;
}

/** A store that cannot be read must not hide the failure itself. */
async function reportedText(call: AccountCall, version: string): Promise<string | undefined> {
  try {
    const failed = (await buildsOf(call, version)).filter(hasFailed);
    const build = failed.find(({ status }) => status?.failedWorker?.version === version) ?? failed[0];
    const key = build?.status?.report;
    if (key === undefined || !key.startsWith(`reports/${call.account.metadata.name}/`)) return undefined;
    const bytes = await call.platform.blobs.get(key);
    return bytes === undefined ? undefined : messageIn(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    call.platform.log.warn({ error }, "a report cannot be read");
    return undefined;
  }
}

function hasFailed({ status }: JobBuilder): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Built" && status === "False") ?? false;
}

function messageIn(report: string): string | undefined {
  const { failure } = JSON.parse(report) as { failure?: { message?: unknown } };
  return typeof failure?.message === "string" ? failure.message : undefined;
}
