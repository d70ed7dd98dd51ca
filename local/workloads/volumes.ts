/**
 * Volumes of ConfigMaps and Secrets, as files in the private folder of a process. There is no mount here: the container
 * learns by its environment where the files are, so a value of a variable that lies below a mount path is rewritten.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ConfigMap, Secret } from "../../api/builtin.ts";
import type { Environment } from "./environment.ts";
import { type Container, type PodTemplate, type Volume, volumesOf, type Waiting } from "./template.ts";

export interface VolumeSources {
  secret(name: string): Secret | undefined;
  configMap(name: string): ConfigMap | undefined;
}

/** Mount path -> folder on this machine. */
export type Mounts = ReadonlyMap<string, string>;

/** Thrown inside, returned outside: a volume whose files are not there yet. */
class Unmountable extends Error {}

/** Writes the files of every volume that is mounted; `waiting` while one of them cannot be had, as with the kubelet. */
export async function mountVolumes(
  template: PodTemplate,
  container: Container,
  sources: VolumeSources,
  home: string,
): Promise<Mounts | { waiting: Waiting }> {
  const volumes = new Map(volumesOf(template).map((volume) => [volume.name, volume]));
  const mounts = new Map<string, string>();
  try {
    for (const { name, mountPath } of container.volumeMounts ?? []) {
      const volume = volumes.get(name);
      const files = volume && filesOf(volume, sources);
      if (files === undefined) continue;
      const folder = join(home, "volumes", String(mounts.size));
      await writeFiles(folder, files);
      mounts.set(mountPath, folder);
    }
    return mounts;
  } catch (error) {
    if (!(error instanceof Unmountable)) throw error;
    return { waiting: { reason: "FailedMount", message: error.message } };
  }
}

/** The environment in which paths below a mount path name the files of this machine. */
export function relocated(environment: Environment, mounts: Mounts): Environment {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, relocatedPath(value, mounts)]));
}

function relocatedPath(value: string, mounts: Mounts): string {
  for (const [mountPath, folder] of mounts) {
    if (value === mountPath || value.startsWith(`${mountPath}/`)) return folder + value.slice(mountPath.length);
  }
  return value;
}

type Files = Readonly<Record<string, Buffer>>;

interface Source {
  kind: "config" | "secret";
  /** How a message names the object. */
  title: string;
  optional: boolean;
  items: readonly { key: string; path: string }[] | undefined;
  /** Undefined while the object is not there. */
  data: Files | undefined;
}

/** Path below the volume's folder -> content; undefined for volumes that bring no files. */
function filesOf(volume: Volume, sources: VolumeSources): Map<string, Buffer> | undefined {
  const source = sourceOf(volume, sources);
  if (source === undefined) return undefined;
  const { optional, data = optional ? {} : undefined } = source;
  if (data === undefined) throw unmountable(volume, `${source.title} not found`);
  const items = source.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return new Map(
    items.flatMap(({ key, path }) => {
      const content = data[key];
      if (!isHarmless(path)) throw unmountable(volume, `${JSON.stringify(path)} is no path below the volume`);
      if (content !== undefined) return [[path, content] as const];
      if (optional) return [];
      throw unmountable(volume, `references non-existent ${source.kind} key: ${key}`);
    }),
  );
}

function sourceOf({ configMap, secret }: Volume, sources: VolumeSources): Source | undefined {
  if (configMap) {
    const { name = "", optional = false, items } = configMap;
    const data = configMapFiles(sources.configMap(name));
    return { kind: "config", title: `configmap "${name}"`, optional, items, data };
  }
  if (secret) {
    const { secretName: name = "", optional = false, items } = secret;
    const data = secretFiles(sources.secret(name));
    return { kind: "secret", title: `secret "${name}"`, optional, items, data };
  }
  return undefined;
}

function configMapFiles(map: ConfigMap | undefined): Files | undefined {
  return map && { ...decoded(map.data, "utf8"), ...decoded(map.binaryData, "base64") };
}

function secretFiles(secret: Secret | undefined): Files | undefined {
  return secret && decoded(secret.data, "base64");
}

function decoded(data: Record<string, string> | undefined, encoding: BufferEncoding): Files {
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, text]) => [key, Buffer.from(text, encoding)]));
}

function unmountable({ name }: Volume, why: string): Unmountable {
  return new Unmountable(`MountVolume.SetUp failed for volume "${name}" : ${why}`);
}

/** Whether it stays below the folder that it is joined to. */
function isHarmless(path: string): boolean {
  return path.split("/").every((part) => /^[-._A-Za-z0-9]+$/.test(part) && part !== "." && !part.startsWith(".."));
}

/** For the process alone to read. */
async function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [path, content] of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { mode: 0o600 });
  }
}
