/**
 * A farm of the real programs on this machine, started as its pods would start them: the same files and the same
 * environment. Only addresses and folders are others, since all pods share one network and one disk.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Container } from "kubernetes-types/core/v1.js";
import { StatefulSet } from "../../api/builtin.ts";
import { freePorts } from "../cluster/harness/ports.ts";
import { run } from "../cluster/harness/run.ts";
import { waitFor } from "../cluster/harness/wait.ts";
import { type FarmModel, objectsOf } from "../properties/farm-model.ts";
import { which } from "../which.ts";
import { type Program, programsOf } from "./farm.ts";

const names = ["bb_storage", "bb_scheduler", "bb_worker", "bb_runner", "bb_browser"];
const missing = names.filter((name) => which(name) === undefined);

/** Why there can be none here. */
export const reasonAgainstFarm = missing.length === 0 ? undefined : `needs ${missing.join(", ")} on PATH`;

const host = "127.0.0.1";

/** A program of a pod. */
interface Place {
  pod: string;
  program: Program;
}

export interface RunningProgram {
  /** Asks it to end. */
  stop(): void;
  /** Resolves when it has ended. How says nothing: after SIGTERM it ends by that signal, or with code 1. */
  ended: Promise<void>;
  isRunning(): boolean;
}

export interface NativeFarm {
  /** Its own folder, which actions can reach. */
  folder: string;
  /** Starts every program that does not run; resolves when all of them say that they are well. */
  start(): Promise<void>;
  /** Asks one program after the other to end, clients first. */
  stop(): Promise<void>;
  /** By pod and container: `worker/runner`. */
  program(name: string): RunningProgram;
  /** `host:port` of a port of a pod. */
  address(pod: string, port: number): string;
  /** What a program has said. */
  log(name: string): string;
  /** Kills what still runs, and leaves nothing behind. */
  remove(): Promise<void>;
}

/** A StatefulSet has several pods; of the rest, one will do. */
function placesOf(model: FarmModel): Place[] {
  const replicas = new Map(objectsOf(model, StatefulSet).map(({ metadata, spec }) => [metadata.name, spec?.replicas]));
  return programsOf(model).flatMap((program) => {
    const count = replicas.get(program.component);
    if (count === undefined) return [{ pod: program.component, program }];
    return Array.from({ length: count }, (_, ordinal) => ({ pod: `${program.component}-${ordinal}`, program }));
  });
}

function nameOf({ pod, program }: Place): string {
  return `${pod}/${program.container.name}`;
}

/** The frontend's program is that of the storage. */
function binaryOf({ program }: Place): string {
  const { name } = program.container;
  return which(`bb_${name === "frontend" ? "storage" : name}`) ?? "";
}

/** Container, and number as the pod has it -> number on this machine. */
type Ports = ReadonlyMap<string, number>;

async function portsOf(places: readonly Place[]): Promise<Ports> {
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

/** The file as the program of a pod on this machine reads it. */
function localConfig({ pod, program }: Place, folder: string, ports: Ports): string {
  const listening = program.text.replaceAll(
    /"listenAddresses": \[\s*":(\d+)"/g,
    (_, port) => `"listenAddresses": ["${host}:${ports.get(`${pod}:${port}`)}"`,
  );
  const calling = listening.replaceAll(/"address": "([^"]+)"/g, (_, to) => `"address": "${localAddress(to, ports)}"`);
  return inFolder(calling, folder);
}

/** Folders that an init container of the pod makes. */
async function prepare({ program: { pod, container } }: Place, folder: string): Promise<void> {
  for (const { mountPath } of container.volumeMounts ?? []) mkdirSync(join(folder, mountPath), { recursive: true });
  for (const { name, command: [shell = "", ...args] = [] } of pod.initContainers ?? []) {
    if (name === "volume-init")
      await run(
        shell,
        args.map((arg) => inFolder(arg, folder)),
      );
  }
}

/** Ends the program when the pipe that it reads from is closed: when this process is gone, however it went. */
function guard(pid: number | undefined): ChildProcess {
  return spawn("sh", ["-c", `read -r _; kill -9 ${pid}`], { stdio: ["pipe", "ignore", "ignore"] });
}

function started(
  binary: string,
  config: string,
  env: Record<string, string>,
  logFile: string,
): RunningProgram & { kill(): void } {
  const log = openSync(logFile, "a");
  const child = spawn(binary, [config], { env, stdio: ["ignore", log, log] });
  closeSync(log);
  const guardian = guard(child.pid);
  const ended = once(child, "exit").then(() => void guardian.kill("SIGKILL"));
  return {
    stop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

/** Where the kubelet asks whether it has started. */
function healthPort({ startupProbe, ports = [] }: Container): number | undefined {
  return ports.find(({ name }) => name === startupProbe?.httpGet?.port)?.containerPort;
}

/** In the order in which pods become ready; the runner is up before its worker. */
const order = ["storage", "scheduler", "frontend", "browser", "runner", "worker"];
/** Long enough for a scheduler that lets a worker wait for work. */
const patienceMs = 60_000;

/** Ports and folders are its own from now on; nothing runs yet. */
export async function nativeFarm(model: FarmModel): Promise<NativeFarm> {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-farm-"));
  chmodSync(folder, 0o755);
  const places = placesOf(model).sort(
    (a, b) => order.indexOf(a.program.container.name) - order.indexOf(b.program.container.name),
  );
  const ports = await portsOf(places);
  const running = new Map<string, ReturnType<typeof started>>();
  const logFile = (name: string) => join(folder, `${name.replace("/", "-")}.log`);
  const log = (name: string) => readFileSync(logFile(name), "utf8");

  async function startOne(place: Place): Promise<void> {
    const name = nameOf(place);
    if (running.get(name)?.isRunning()) return;
    const own = join(folder, place.pod);
    await prepare(place, own);
    const config = join(own, place.program.key);
    writeFileSync(config, localConfig(place, own, ports));
    const program = started(binaryOf(place), config, { ...place.program.variables }, logFile(name));
    running.set(name, program);
    const port = ports.get(`${place.pod}:${healthPort(place.program.container)}`);
    await waitFor(async () => (await fetch(`http://${host}:${port}/-/healthy`)).ok, {
      what: `${name} is healthy`,
      timeoutMs: patienceMs,
      unless: () => (program.isRunning() ? undefined : `it has ended:\n${log(name).slice(-2000)}`),
    });
  }

  function program(name: string) {
    const found = running.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  return {
    folder,
    program,
    log,
    address: (pod, port) => `${host}:${ports.get(`${pod}:${port}`)}`,

    async start() {
      for (const place of places) await startOne(place);
    },

    async stop() {
      for (const name of [...running.keys()].reverse()) {
        program(name).stop();
        await program(name).ended;
      }
    },

    async remove() {
      for (const each of running.values()) each.kill();
      await Promise.all([...running.values()].map(({ ended }) => ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
