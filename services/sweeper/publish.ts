/** Tells the cluster how a sweep ended: a ConfigMap with the report, and an Event for what somebody has to do. */

import { randomBytes } from "node:crypto";
import { ConfigMap, Event } from "../../api/builtin.ts";
import type { Condition } from "../../api/status.ts";
import { isNotFound, type KubernetesClient } from "../../kubernetes/client.ts";
import { complaints, conditionsOf, type Outcome, seconds } from "./outcome.ts";
import type { SweepReport } from "./report.ts";

const reportName = "octoplane-sweep-report";
const reportKey = "report.json";
/** An object has room for about a megabyte; the counts in the conditions are whole. */
const longestList = 1000;

export async function publish(client: KubernetesClient, namespace: string, outcome: Outcome, now: Date): Promise<void> {
  const before = await client.get(ConfigMap, { namespace, name: reportName });
  const conditions = conditionsOf(outcome, conditionsIn(before), now);
  const content = { finishedAt: seconds(now), conditions, ...summaryOf(outcome) };
  const stored = await store(client, namespace, JSON.stringify(content, null, 2));
  for (const complaint of complaints(conditions)) await client.create(Event, eventOf(stored, complaint, now));
}

function conditionsIn(stored: ConfigMap | undefined): Condition[] {
  try {
    const { conditions } = JSON.parse(stored?.data?.[reportKey] ?? "") as { conditions?: Condition[] };
    return Array.isArray(conditions) ? conditions : [];
  } catch {
    return [];
  }
}

function summaryOf(outcome: Outcome) {
  if ("failure" in outcome) return { failed: [{ name: "the sweep", reason: outcome.failure }], purgeUnsupported: [] };
  const { examined, deleted, failed, purgeUnsupported } = outcome.report;
  return {
    examined,
    deleted: count(deleted),
    failed: failed.slice(0, longestList),
    purgeUnsupported: purgeUnsupported.slice(0, longestList),
  };
}

function count({ blob, image, secret }: SweepReport["deleted"]): SweepReport["examined"] {
  return { blob: blob.length, image: image.length, secret: secret.length };
}

/** The last of several sweepers is right: each has seen everything. */
async function store(client: KubernetesClient, namespace: string, text: string): Promise<ConfigMap> {
  const data = { [reportKey]: text };
  try {
    return await client.mergePatch(ConfigMap, { namespace, name: reportName }, { data });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const metadata = { namespace, name: reportName, labels: { "app.kubernetes.io/part-of": "octoplane" } };
    return client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
  }
}

/** Of the API server. */
const longestMessage = 1024;

function eventOf({ metadata }: ConfigMap, { type, reason, message }: Condition, now: Date): Event {
  const { namespace = "", name, uid = "" } = metadata;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: `${name}.${randomBytes(8).toString("hex")}` },
    involvedObject: { apiVersion: "v1", kind: "ConfigMap", namespace, name, uid },
    type: "Warning",
    reason: type === "Swept" ? reason : type,
    message: message.slice(0, longestMessage),
    source: { component: "octoplane-sweeper" },
    firstTimestamp: seconds(now),
    lastTimestamp: seconds(now),
    count: 1,
  };
}
