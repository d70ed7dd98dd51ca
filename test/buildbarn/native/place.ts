/** The pods of a farm on one machine: every pod has a folder for its volumes, and ports of its own. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "kubernetes-types/core/v1.js";
import { StatefulSet } from "../../../api/builtin.ts";
import { type Authority, createAuthority, type KeyPair } from "../../cluster/harness/certificates.ts";
import { freePorts } from "../../cluster/harness/ports.ts";
import { run } from "../../cluster/harness/run.ts";
import { type FarmModel, objectsOf } from "../../properties/farm-model.ts";
import { type Program, programsOf } from "../farm.ts";

export const host = "127.0.0.1";

/** A program of a pod. */
export interface Place {
  pod: string;
  program: Program;
}

/** `worker/runner`: a container of a pod. */
export function nameOf({ pod, program }: Place): string {
  return `${pod}/${program.container.name}`;
}

/** In the order in which pods become ready; the runner is up before its worker. */
const order = ["storage", "scheduler", "frontend", "browser", "runner", "worker"];

/** A StatefulSet has several pods; of the rest, one will do. */
export function placesOf(model: FarmModel): Place[] {
  const replicas = new Map(objectsOf(model, StatefulSet).map(({ metadata, spec }) => [metadata.name, spec?.replicas]));
  const places = programsOf(model).flatMap((program) => {
    const count = replicas.get(program.component);
    if (count === undefined) return [{ pod: program.component, program }];
    return Array.from({ length: count }, (_, ordinal) => ({ pod: `${program.component}-${ordinal}`, program }));
  });
  return places.sort((a, b) => order.indexOf(a.program.container.name) - order.indexOf(b.program.container.name));
}

/** What everybody of a farm that uses TLS has. */
export interface Certificates {
  authority: string;
  /** For servers and clients. */
  pair: KeyPair;
}

const secretsFolder = "/tls/";
const isSecret = ({ mountPath }: { mountPath: string }) => mountPath.startsWith(secretsFolder);

export async function certificatesFor(places: readonly Place[]): Promise<Certificates | undefined> {
  const needed = places.some(({ program }) => program.container.volumeMounts?.some(isSecret));
  if (!needed) return undefined;
  const authority: Authority = await createAuthority("farm");
  return { authority: authority.certificate, pair: await authority.issue({ commonName: "program", names: [host] }) };
}

/** `pod:port` as Kubernetes has it -> port on this machine. */
export type Ports = ReadonlyMap<string, number>;

export async function portsOf(places: readonly Place[]): Promise<Ports> {
  const wanted = places.flatMap(({ pod, program: { container } }) =>
    (container.ports ?? []).map(({ containerPort }) => `${pod}:${containerPort}`),
  );
  const free = await freePorts(wanted.length, host);
  return new Map(wanted.map((key, index) => [key, free[index] ?? 0]));
}

/** A pod of a StatefulSet is named in front of its Service; any other is found by the name of its Service. */
function localAddress(address: string, ports: Ports): string {
  const [, pod, port] = /^([-a-z0-9]+)\..*:(\d+)$/.exec(address) ?? [];
  const local = ports.get(`${pod}:${port}`);
  return local === undefined ? address : `${host}:${local}`;
}

const volumes = /(^|[ "]|unix:\/\/)(\/(?:storage-[a-z]+|worker|tls)\b)/g;

function inFolder(text: string, folder: string): string {
  return text.replaceAll(volumes, `$1${folder}$2`);
}

/**
 * A pod may do what it likes with its own disk and its own processes; here they are everybody's. A runner, for example,
 * empties the folders that it is given as temporary ones. No program is started that is told of a path outside of its
 * folder, or to end processes that it does not know.
 */
function checkHarmless(text: string, folder: string): void {
  const paths = [...text.matchAll(/"(?:unix:\/\/)?(\/[^"]*)"/g)].map(([, path = ""]) => path);
  const outside = paths.filter((path) => !path.startsWith(`${folder}/`) || path.includes("/../"));
  if (outside.length > 0) throw new Error(`configuration names paths outside of ${folder}: ${outside.join(", ")}`);
  if (text.includes("cleanProcessTable")) throw new Error("configuration wants to end processes");
}

/** The file as the program of a pod on this machine reads it. @throws Error when it could do harm */
export function localConfig({ pod, program }: Place, folder: string, ports: Ports): string {
  const listening = program.text.replaceAll(
    /"listenAddresses": \[\s*":(\d+)"/g,
    (_, port) => `"listenAddresses": ["${host}:${ports.get(`${pod}:${port}`)}"`,
  );
  const calling = listening.replaceAll(/"address": "([^"]+)"/g, (_, to) => `"address": "${localAddress(to, ports)}"`);
  const local = inFolder(calling, folder);
  checkHarmless(local, folder);
  return local;
}

/** The environment of the container. */
export function environmentOf({ program: { variables } }: Place, certificates?: Certificates): Record<string, string> {
  const named = Object.entries(variables).map(([name, value]) => [
    name,
    name.endsWith("_AUTHORITIES") ? (certificates?.authority ?? value) : value,
  ]);
  return Object.fromEntries(named);
}

/** Volumes of the pod: folders as its init container makes them, and Secrets. */
export async function prepare(
  { program: { pod, container } }: Place,
  folder: string,
  certificates?: Certificates,
): Promise<void> {
  for (const mount of container.volumeMounts ?? []) {
    const path = join(folder, mount.mountPath);
    mkdirSync(path, { recursive: true });
    if (!isSecret(mount) || certificates === undefined) continue;
    writeFileSync(join(path, "tls.crt"), certificates.pair.certificate);
    writeFileSync(join(path, "tls.key"), certificates.pair.key);
  }
  for (const { name, command: [shell = "", ...args] = [] } of pod.initContainers ?? []) {
    const local = args.map((arg) => inFolder(arg, folder));
    if (name === "volume-init") await run(shell, local);
  }
}

/** Where the kubelet asks whether a container has started. */
export function healthPort({ startupProbe, ports = [] }: Container): number | undefined {
  return ports.find(({ name }) => name === startupProbe?.httpGet?.port)?.containerPort;
}
