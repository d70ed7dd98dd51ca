/** Why an image cannot be had, in the registry's own words. */

import type * as core from "kubernetes-types/core/v1.js";
import type { Event } from "../../api/builtin.ts";
import type { Trouble } from "./cause.ts";

/** Waiting reasons of the kubelet's image manager. */
const reasons = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "RegistryUnavailable",
  "SignatureValidationFailed",
  "ErrImageNeverPull",
  "InvalidImageName",
  "ImageInspectError",
]);

/** A container that waits for its image; undefined for one that does not. */
export function pullTrouble({ image, state }: core.ContainerStatus, warnings: readonly Event[]): Trouble | undefined {
  const { reason = "", message = "" } = state?.waiting ?? {};
  if (!reasons.has(reason)) return undefined;
  // Before Kubernetes 1.32 a back-off says nothing else; the Event of the last attempt does.
  const told = wordsOf(message, image) || warnings.map(failedPull).find((trouble) => trouble !== undefined)?.words;
  return { reason, predicate: predicate(image, told || message || reason) };
}

/** The attempt that an Event tells of; undefined for other Events. */
export function failedPull({ reason = "", message = "" }: Event): (Trouble & { words: string }) | undefined {
  const image = /^Failed to pull image "([^"]*)": /.exec(message)?.[1];
  if (image === undefined) return undefined;
  const words = wordsOf(message, image);
  return { reason, words, predicate: predicate(image, words) };
}

function predicate(image: string, words: string): string {
  return `cannot pull image ${JSON.stringify(image)}: ${words}`;
}

/** What kubelets and container runtimes put around a registry's answer. */
const wrappers = [
  /^Failed to pull image "[^"]*": /,
  /^Back-off pulling image "[^"]*"(: )?/,
  /^(ErrImagePull|RegistryUnavailable|SignatureValidationFailed): /,
  /^rpc error: code = \w+ desc = /,
  /^failed to pull and unpack image "[^"]*": /,
  /^failed to resolve (image|reference) "[^"]*": /,
  /^Error response from daemon: /,
];

function wordsOf(message: string, image: string): string {
  const found = wrappers.find((wrapper) => wrapper.test(message));
  if (found !== undefined) return wordsOf(message.replace(found, ""), image);
  return message.startsWith(`${image}: `) ? message.slice(image.length + 2) : message;
}
