/** Where images are pulled from: an installation with a registry of its own replaces names. */

import type { Container, PodSpec } from "kubernetes-types/core/v1.js";
import type { ImageReplacement } from "../../api/buildbarn/settings.ts";
import type { Workload } from "../kube/rollout.ts";
import type { Settings } from "./kinds.ts";

/** Of `host:5000/name:tag@digest`, what comes after the name. */
const tagAndDigest = /(:[^/:@]+)?(@.*)?$/;

export function imageName(image: string): string {
  return image.replace(tagAndDigest, "");
}

export function replacedImage(image: string, replacements: readonly ImageReplacement[]): string {
  const name = imageName(image);
  const replacement = replacements.find((candidate) => candidate.name === name);
  if (replacement === undefined) return image;
  const { newName = name, newTag, digest } = replacement;
  if (digest !== undefined) return `${newName}@${digest}`;
  return newTag === undefined ? newName + image.slice(name.length) : `${newName}:${newTag}`;
}

/** The workload with the images that this installation pulls instead, whoever named them. */
export function pulledFrom<W extends Workload>(workload: W, { buildbarn }: Settings): W {
  const replacements = buildbarn?.images ?? [];
  const spec = workload.spec?.template.spec;
  if (spec === undefined || replacements.length === 0) return workload;
  const replaced = (container: Container): Container => ({
    ...container,
    image: replacedImage(String(container.image), replacements),
  });
  const pods: PodSpec = {
    ...spec,
    containers: spec.containers.map(replaced),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(replaced) }),
  };
  return { ...workload, spec: { ...workload.spec, template: { ...workload.spec?.template, spec: pods } } };
}
