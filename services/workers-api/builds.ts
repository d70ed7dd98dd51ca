/** The builds of an account. */

import { accountLabel } from "../../api/workers/fields.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { namespaceOf } from "./accounts.ts";
import type { AccountCall } from "./call.ts";

/** Those that hold the version, newest first: each further release of the account builds it again. */
export async function buildsOf({ platform, account }: AccountCall, version: string): Promise<JobBuilder[]> {
  const query = { namespace: namespaceOf(account), labelSelector: `${accountLabel}=${account.metadata.name}` };
  const { items } = await platform.client.list(JobBuilder, query);
  return items.filter((build) => holds(build, version)).sort((a, b) => (createdOn(a) < createdOn(b) ? 1 : -1));
}

function holds({ spec, status }: JobBuilder, version: string): boolean {
  const isListed = spec.workers?.some((worker) => worker.version === version) ?? false;
  return isListed || status?.failedWorker?.version === version;
}

function createdOn({ metadata }: JobBuilder): string {
  return metadata.creationTimestamp ?? "";
}
