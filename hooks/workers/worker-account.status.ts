/** What an account says: per script which version is wanted, which one serves and why they differ. */

import { subdomainOf, urlOf } from "../../api/workers/address.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { ScriptStatus, WorkerAccount } from "../../api/workers/worker-account.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import type { WorkerRelease } from "../../api/workers/worker-release.ts";
import { conditionOf, no, speaksOfSpec, unknown, type Verdict, verdictOf, yes } from "../contract/conditions.ts";
import { contentHash } from "../contract/names.ts";
import { inOrder } from "../contract/order.ts";
import { passedOn } from "../contract/pending.ts";
import { publicHost } from "./worker-account.bundle.ts";
import { isBad } from "./worker-account.releases.ts";
import type { Claims, Script } from "./worker-account.scripts.ts";

export interface Facts {
  wanted: WorkerRelease | undefined;
  /** The release whose build gives the wanted image. */
  building: WorkerRelease | undefined;
  claims: Claims;
  releases: readonly WorkerRelease[];
  bundle: WorkerBundle | undefined;
  desiredBundle: WorkerBundle;
  settings: WorkersSettings;
}

/** Whether the bundle's status speaks of exactly what it is asked to serve now. */
function bundleIsCurrent({ bundle, desiredBundle }: Facts): boolean {
  if (bundle === undefined || !speaksOfSpec(bundle)) return false;
  return contentHash(bundle.spec) === contentHash(desiredBundle.spec);
}

function servingVersion(script: string, { bundle }: Facts): string | undefined {
  return bundle?.status?.workers?.find(({ name }) => name === script)?.version;
}

function observedBuild({ building, releases }: Facts): WorkerRelease | undefined {
  return releases.find(({ metadata }) => metadata.name === building?.metadata.name);
}

function buildVerdict(facts: Facts): Verdict {
  if (facts.wanted === undefined) return yes("NoWorkers", "there is nothing to build");
  if (facts.wanted.spec.image !== undefined) return yes("ImagePushed", `image ${facts.wanted.spec.image}`);
  return passedOn(observedBuild(facts), "Built", unknown("Building", "the build is being created"));
}

function faultMessage({ head }: Script, { releases }: Facts): string {
  const release = releases.find(
    ({ status }) => status?.failedWorker?.script === head.script && status.failedWorker.version === head.version,
  );
  return conditionOf(release, "Built")?.message ?? `version ${head.version} does not work`;
}

/** A reason that says more than the script's own is told with its message. */
function inDetail({ reason, message }: Pick<Verdict, "reason" | "message">, own: string): string {
  return reason === own ? message : `${reason}: ${message}`;
}

/** Why a script's head does not serve, or that it does. */
function scriptVerdict(script: Script, facts: Facts): Pick<ScriptStatus, "reason" | "message"> {
  if (isBad(script.head, facts.releases)) return { reason: "WorkerFault", message: faultMessage(script, facts) };
  const build = buildVerdict(facts);
  const told = facts.desiredBundle.spec.workers?.find(({ workerName }) => workerName === script.name);
  if (told?.version !== script.head.version) {
    const reason = build.status === "False" ? "BuildFailed" : "Building";
    return { reason, message: inDetail(build, reason) };
  }
  if (bundleIsCurrent(facts) && servingVersion(script.name, facts) === script.head.version)
    return { reason: "Serving" };
  const ready = bundleIsCurrent(facts) ? conditionOf(facts.bundle, "Ready") : undefined;
  return {
    reason: "RollingOut",
    message: ready === undefined ? "the pods are being replaced" : inDetail(ready, "RollingOut"),
  };
}

function scriptStatus(script: Script, parent: WorkerAccount, facts: Facts): ScriptStatus {
  const host = publicHost(script, parent, facts.settings);
  const serving = servingVersion(script.name, facts);
  return {
    name: script.name,
    versionWanted: script.head.version,
    ...(script.deployment === undefined ? {} : { deploymentWanted: script.deployment }),
    ...(serving === undefined ? {} : { versionServing: serving }),
    ...(host === undefined ? {} : { host, url: urlOf(host, facts.settings) }),
    ...scriptVerdict(script, facts),
  };
}

export function accountStatus(parent: WorkerAccount, facts: Facts) {
  const scripts = [
    ...facts.claims.scripts.map((script) => scriptStatus(script, parent, facts)),
    ...facts.claims.refused,
  ];
  return {
    subdomain: subdomainOf(parent),
    wantedRelease: facts.wanted?.metadata.name,
    servingRelease: facts.desiredBundle.spec.release,
    previousRelease: facts.desiredBundle.spec.previousRelease,
    scriptCount: facts.claims.scripts.length,
    scripts: scripts.length === 0 ? undefined : scripts.sort((a, b) => inOrder(a.name, b.name)),
  };
}

function readiness(built: Verdict, facts: Facts): Verdict {
  const { scripts, refused } = facts.claims;
  const bad = scripts.filter(({ head }) => isBad(head, facts.releases));
  const first = bad[0];
  if (first !== undefined) {
    return no("WorkerFault", `${bad.map(({ name }) => name).join(", ")}: ${faultMessage(first, facts)}`);
  }
  if (refused[0] !== undefined) return no(refused[0].reason, refused.map(({ message }) => message).join("; "));
  if (built.status !== "True") return no(built.reason, built.message);
  if (scripts.length === 0) return yes("NoWorkers", "the account has no scripts");
  if (!bundleIsCurrent(facts)) return no("RollingOut", "the bundle is being told what to serve");
  return verdictOf(conditionOf(facts.bundle, "Ready"), no("RollingOut", "the bundle is being created"));
}

export function accountConditions(facts: Facts) {
  const built = buildVerdict(facts);
  return { Ready: readiness(built, facts), Built: built };
}
