/** Makes a pod template ready to run on this machine: its image, command, environment and private folder. */

import { workerdPath } from "../../runtime/binary.ts";
import { controlDescriptor } from "./child.ts";
import { type Environment, environmentOf, isWaiting, tenantEnvironmentOf } from "./environment.ts";
import type { ImageCache } from "./image-cache.ts";
import { imageOf } from "./image-name.ts";
import type { ProcessTable } from "./process-table.ts";
import {
  type Container,
  mainContainer,
  memoryLimit,
  type PodTemplate,
  tenantVolume,
  unsupported,
  type Waiting,
} from "./template.ts";
import { mountVolumes, relocated, type VolumeSources } from "./volumes.ts";
import { workerCommand } from "./worker-command.ts";

/** One of the product's own programs, in place of its image. */
export type Program = (container: Container, context: ProgramContext) => ProgramCommand;

export interface ProgramContext {
  namespace: string;
  /** The Pod's name. */
  pod: string;
  /** A private folder, removed afterwards. */
  directory: string;
  /** What the container's `env` and `envFrom` say; what names a mounted file names it where it is here. */
  env: Readonly<Environment>;
}

export interface ProgramCommand {
  command: string;
  args: readonly string[];
  /** Added to the container's own. */
  env?: Readonly<Environment>;
}

export interface LaunchContext {
  programs: Readonly<Record<string, Program>>;
  imagePrefix: string;
  images: ImageCache;
  processes: ProcessTable;
}

export interface PodIdentity {
  namespace: string;
  /** The Pod's name. */
  pod: string;
}

export interface Launch {
  container: Container;
  command: string;
  args: readonly string[];
  env: Environment;
  cwd: string;
  memoryLimit: number | undefined;
  /** By socket that must listen: the containerPort that it stands for. */
  sockets: ReadonlyMap<string, number | undefined>;
  /** Removes what was made for it. */
  release(): Promise<void>;
}

/** `waiting` says why it cannot run now; nothing is left behind then. */
export async function prepareLaunch(
  template: PodTemplate,
  pod: PodIdentity,
  sources: VolumeSources,
  context: LaunchContext,
): Promise<Launch | { waiting: Waiting }> {
  const impossible = unsupported(template);
  if (impossible) return { waiting: impossible };
  const container = mainContainer(template);
  const image = imageOf(container.image ?? "", context.imagePrefix, Object.keys(context.programs));
  if (image.type === "unknown") return { waiting: image.waiting };
  const fields = { "metadata.namespace": pod.namespace, "metadata.name": pod.pod, "status.podIP": "127.0.0.1" };
  const environment = image.type === "program" ? environmentOf : tenantEnvironmentOf;
  const env = environment(container, { ...sources, fields });
  if (isWaiting(env)) return env;

  if (image.type === "program") {
    return programLaunch({ template, container, pod, env, sources }, context, context.programs[image.name] as Program);
  }
  const volume = tenantVolume(template);
  return volume ? { waiting: volume } : workerLaunch(container, image, env, context);
}

interface ProgramPod {
  template: PodTemplate;
  container: Container;
  pod: PodIdentity;
  env: Environment;
  sources: VolumeSources;
}

async function programLaunch(
  { template, container, pod: { namespace, pod }, env: asWritten, sources }: ProgramPod,
  { processes }: LaunchContext,
  program: Program,
): Promise<Launch | { waiting: Waiting }> {
  const home = await processes.privateDirectory();
  const mounts = await mountVolumes(template, container, sources, home.path);
  if ("waiting" in mounts) {
    await home.remove();
    return mounts;
  }
  const env = relocated(asWritten, mounts);
  const { command, args, env: added } = program(container, { namespace, pod, directory: home.path, env });
  const ports = container.ports ?? [];
  return {
    ...common(container, home.path, { ...env, ...added }),
    command,
    args: [...args, ...(container.args ?? [])],
    sockets: new Map(ports.map(({ name, containerPort }) => [name ?? String(containerPort), containerPort])),
    release: home.remove,
  };
}

async function workerLaunch(
  container: Container,
  { account, tag }: { account: string; tag: string },
  env: Environment,
  { images, processes }: LaunchContext,
): Promise<Launch | { waiting: Waiting }> {
  const image = await images.acquire(account, tag).catch((error: unknown) => ({ waiting: imageTrouble(error) }));
  if ("waiting" in image) return image;
  const command = workerCommand(container, image.directory);
  if ("waiting" in command) {
    await image.release();
    return command;
  }
  const home = await processes.privateDirectory();
  return {
    ...common(container, home.path, env),
    command: workerdPath,
    args: [...command.args, `--control-fd=${controlDescriptor}`],
    sockets: command.sockets,
    release: async () => void (await Promise.all([home.remove(), image.release()])),
  };
}

/** Nothing is inherited: this process knows tokens that tenants must not see. */
function common(container: Container, home: string, env: Environment) {
  const base = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home, TMPDIR: home };
  return { container, cwd: home, env: { ...base, ...env }, memoryLimit: memoryLimit(container) };
}

function imageTrouble(error: unknown): Waiting {
  return { reason: "ErrImagePull", message: error instanceof Error ? error.message : String(error) };
}
