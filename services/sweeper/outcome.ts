/** What a sweep says to people: conditions, as resources have them. Pure. */

import type { Condition } from "../../api/status.ts";
import type { SweepReport } from "./report.ts";

/** The report of a sweep, or why there was none. */
export type Outcome = { report: SweepReport } | { failure: string };

type Verdict = Pick<Condition, "status" | "reason" | "message">;

/**
 * `Swept`: everything that may go is gone. `PurgeUnsupported`: the registry keeps images that may go.
 *
 * @param before conditions of the sweep before: a time stays while the status does
 */
export function conditionsOf(outcome: Outcome, before: readonly Condition[], now: Date): Condition[] {
  const verdicts = { Swept: swept(outcome), PurgeUnsupported: purgeUnsupported(outcome) };
  return Object.entries(verdicts).map(([type, verdict]) => {
    const previous = before.find((condition) => condition.type === type && condition.status === verdict.status);
    return { type, ...verdict, lastTransitionTime: previous?.lastTransitionTime ?? seconds(now) };
  });
}

/** Whole seconds, as Kubernetes writes them. */
export function seconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

function swept(outcome: Outcome): Verdict {
  if ("failure" in outcome) {
    return { status: "False", reason: "ListFailed", message: `nothing was deleted: ${outcome.failure}` };
  }
  const { deleted, failed, examined } = outcome.report;
  const [first] = failed;
  if (first !== undefined) {
    const message = `${failed.length} could not be deleted, and will be tried again; ${first.name}: ${first.reason}`;
    return { status: "False", reason: "DeletionsFailed", message };
  }
  const total = examined.blob + examined.image + examined.secret;
  const counts = `${deleted.blob.length} blobs, ${deleted.image.length} images and ${deleted.secret.length} Secrets`;
  return { status: "True", reason: "Complete", message: `deleted ${counts} of ${total} that were looked at` };
}

function purgeUnsupported(outcome: Outcome): Verdict {
  if ("failure" in outcome) return { status: "Unknown", reason: "ListFailed", message: "there was no sweep" };
  const images = outcome.report.purgeUnsupported;
  const [first] = images;
  if (first === undefined) return { status: "False", reason: "Supported", message: "no image waits to be deleted" };
  const message = `the registry does not delete: its operator has to remove ${images.length} images, such as ${first}`;
  return { status: "True", reason: "RegistryKeepsImages", message };
}

/** What somebody has to do something about. */
export function complaints(conditions: readonly Condition[]): Condition[] {
  return conditions.filter(({ type, status }) => status === (type === "Swept" ? "False" : "True"));
}
