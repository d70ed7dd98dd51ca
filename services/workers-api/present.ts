/** Resources as Cloudflare's API describes them, with every field that wrangler reads. */

import type { DeploymentEntry, WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { ScriptCall } from "./call.ts";
import { nameOf } from "./scripts.ts";

/** Any other word (`dash`, `api`) makes wrangler ask for more or warn. */
const lastDeployedFrom = "wrangler";

function createdOn({ spec, metadata }: WorkerVersion): string {
  return spec.createdOn ?? metadata.creationTimestamp ?? "1970-01-01T00:00:00Z";
}

type Binding = NonNullable<WorkerVersion["spec"]["bindings"]>[number];

/** A secret shows only that it is there: its value is nowhere in the version. */
export function presentBindings({ spec }: WorkerVersion): Binding[] {
  return spec.bindings ?? [];
}

export function presentVersion(version: WorkerVersion): object {
  const { spec, metadata } = version;
  const time = createdOn(version);
  return {
    id: metadata.name,
    number: spec.sequence ?? 0,
    metadata: {
      created_on: time,
      modified_on: time,
      source: spec.source ?? lastDeployedFrom,
      author_id: spec.author ?? "",
      author_email: spec.author ?? "",
      has_preview: false,
    },
    annotations: annotationsOf(spec),
    resources: {
      bindings: presentBindings(version),
      script: {
        etag: spec.digest ?? metadata.name,
        handlers: spec.handlers ?? null,
        last_deployed_from: lastDeployedFrom,
      },
      script_runtime: presentRuntime(version),
    },
    startup_time_ms: spec.startupTimeMs ?? 0,
  };
}

function presentRuntime({ spec }: WorkerVersion) {
  return {
    compatibility_date: spec.compatibilityDate,
    compatibility_flags: spec.compatibilityFlags ?? [],
    usage_model: "standard",
    limits: {},
  };
}

function annotationsOf({ triggeredBy, message, tag }: { triggeredBy?: string; message?: string; tag?: string }) {
  return {
    ...(triggeredBy === undefined ? {} : { "workers/triggered_by": triggeredBy }),
    ...(message === undefined ? {} : { "workers/message": message }),
    ...(tag === undefined ? {} : { "workers/tag": tag }),
  };
}

export function presentDeployment(entry: DeploymentEntry): object {
  return {
    id: entry.id,
    source: entry.source ?? lastDeployedFrom,
    strategy: "percentage",
    author_email: entry.author ?? "",
    created_on: entry.createdOn,
    annotations: annotationsOf(entry),
    versions: entry.versions.map(({ name, percentage }) => ({ version_id: name, percentage })),
  };
}

/** The answer to an upload that was deployed. wrangler prints `deployment_id` as the version. */
export function presentScript(
  { script }: Pick<ScriptCall, "script">,
  deployment: WorkerDeployment,
  version: WorkerVersion,
): object {
  return {
    ...presentScriptSummary(deployment, version),
    id: script,
    deployment_id: version.metadata.name,
    startup_time_ms: version.spec.startupTimeMs ?? 0,
  };
}

/** A script in lists; `version` is the one that should serve. */
export function presentScriptSummary(deployment: WorkerDeployment, version: WorkerVersion | undefined): object {
  const { spec, metadata } = deployment;
  const head = spec.deployments?.[0];
  return {
    id: nameOf(deployment),
    tag: metadata.uid,
    tags: spec.tags ?? [],
    created_on: metadata.creationTimestamp,
    modified_on: head?.createdOn ?? metadata.creationTimestamp,
    etag: version?.spec.digest ?? head?.versions[0]?.name ?? "",
    handlers: version?.spec.handlers ?? null,
    last_deployed_from: lastDeployedFrom,
    logpush: spec.logpush ?? false,
    usage_model: "standard",
    has_assets: false,
    has_modules: version?.spec.format !== "service-worker",
    ...(version === undefined ? {} : presentRuntime(version)),
  };
}

export function presentSettings(deployment: WorkerDeployment): object {
  const { observability, logpush, tags } = deployment.spec;
  return {
    logpush: logpush ?? false,
    observability: observability ?? { enabled: false },
    tags: tags ?? [],
    tail_consumers: [],
  };
}
