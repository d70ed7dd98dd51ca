/**
 * The full text of a failed build. On the embedded platform the builder's report lies in the blob store; a cluster's is
 * not for everybody, but its pod prints the same report.
 */

import { localSettings } from "../../local/platform/settings.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { readPodLogs } from "../pod-logs.ts";
import type { ClusterTarget, EmbeddedTarget, Target } from "../target/target.ts";
import { type Driven, readiness } from "./waiting.ts";

interface Report {
  failure?: { message?: string };
}

/** Undefined when the object is no failed build, or when its report is gone or not to be read. */
export async function reportOf(object: Driven, target: Target): Promise<string | undefined> {
  const { report, job } = object.status ?? {};
  if (report === undefined || readiness(object)?.status !== "False") return undefined;
  if (target.kind === "embedded") return fromBlobStore(report, target);
  return job === undefined ? undefined : fromPods(job, object.metadata.namespace ?? "", target);
}

async function fromBlobStore(key: string, { folder, record }: EmbeddedTarget): Promise<string | undefined> {
  const store = await openBlobStore(localSettings(folder, record.ports.router).blobStore);
  const bytes = await store.get(key);
  return bytes === undefined ? undefined : failureIn(Buffer.from(bytes).toString("utf8"));
}

/** The builder's last words, of the newest pod. */
async function fromPods(job: string, namespace: string, target: ClusterTarget): Promise<string | undefined> {
  const lines: string[] = [];
  await readPodLogs({
    client: target.client,
    connection: target.connection,
    namespace,
    labelSelector: `batch.kubernetes.io/job-name=${job}`,
    container: "builder",
    onLine: (_pod, line) => void lines.push(line),
    onTrouble: () => undefined,
    signal: AbortSignal.timeout(patienceMs),
  }).catch(() => undefined);
  return lines
    .toReversed()
    .map(failureIn)
    .find((failure) => failure !== undefined);
}

/** Logs come from the nodes, which may be away: the status does not wait for them. */
const patienceMs = 5000;

function failureIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as Report).failure?.message;
  } catch {
    return undefined;
  }
}
