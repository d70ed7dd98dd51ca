/** Test support: what kubectl would apply, and what is in it. */

import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import type * as core from "kubernetes-types/core/v1.js";
import { parseAllDocuments, stringify } from "yaml";
import type { ObjectMeta } from "../api/resource.ts";

export type PodSpec = core.PodSpec;
export type Container = core.Container;

/** Any object of a manifest; what is looked at has a type, and the rest does not matter. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
  [field: string]: unknown;
}

export const root = join(import.meta.dirname, "..");
const kubectl = process.env.KUBECTL ?? "kubectl";

/** Why nothing can be built here; undefined where it can. */
export const reasonAgainstBuilds =
  spawnSync(kubectl, ["version", "--client"], { stdio: "ignore" }).status === 0 ? undefined : "there is no kubectl";

function documents(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

async function build(folder: string): Promise<Manifest[]> {
  const options = { timeout: 20_000, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(kubectl, ["kustomize", folder], options);
  return documents(stdout);
}

/** The production overlay with every component that is not a part of any overlay. */
async function buildWithComponents(names: readonly string[]): Promise<Manifest[]> {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-kustomize-"));
  const below = (path: string) => relative(folder, join(root, "manifests", path));
  const kustomization = {
    resources: [below("overlays/production")],
    components: names.map((name) => below(`components/${name}`)),
  };
  writeFileSync(join(folder, "kustomization.yaml"), stringify(kustomization));
  return build(folder).finally(() => rmSync(folder, { recursive: true }));
}

export const overlays = ["kind", "test", "production"] as const;

/** Everything that can be applied, by name. Empty without kubectl. */
export async function allBuilds(): Promise<[string, Manifest[]][]> {
  if (reasonAgainstBuilds !== undefined) return [];
  const folder = (path: string) => build(join(root, "manifests", path));
  const builds = {
    ...Object.fromEntries(overlays.map((name) => [name, folder(`overlays/${name}`)])),
    "production with router and monitoring": buildWithComponents(["router", "monitoring"]),
    metacontroller: folder("metacontroller"),
    driver: folder("driver"),
  };
  return Promise.all(Object.entries(builds).map(async ([name, objects]) => [name, await objects]));
}

export function nameOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

export interface PodTemplate {
  /** The object that makes the pods. */
  owner: Manifest;
  labels: Record<string, string>;
  spec: PodSpec;
}

interface Templated {
  template?: { metadata?: ObjectMeta; spec: PodSpec };
  jobTemplate?: { spec: Templated };
}

/** The template of the pods that an object makes. */
export function podTemplates(objects: readonly Manifest[]): PodTemplate[] {
  return objects.flatMap((owner) => {
    const { jobTemplate, ...spec } = (owner.spec ?? {}) as Templated;
    const template = jobTemplate?.spec.template ?? spec.template;
    return template === undefined ? [] : [{ owner, labels: template.metadata?.labels ?? {}, spec: template.spec }];
  });
}

export function containersOf({ containers, initContainers = [] }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}

/** Targets of the Dockerfile that somebody can build an image from. */
export function imageTargets(): string[] {
  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
  return Array.from(dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm), ([, target = ""]) => target);
}
