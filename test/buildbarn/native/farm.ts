/**
 * A farm of the real programs on this machine, started as its pods would start them: the same files and the same
 * environment. Only addresses and folders are others, since all pods share one network and one disk.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../cluster/harness/run.ts";
import { waitFor } from "../../cluster/harness/wait.ts";
import type { FarmModel } from "../../properties/farm-model.ts";
import { which } from "../../which.ts";
import {
  type Certificates,
  certificatesFor,
  environmentOf,
  healthPort,
  host,
  localConfig,
  nameOf,
  type Place,
  placesOf,
  portsOf,
  prepare,
} from "./place.ts";
import { type RunningProgram, startProgram } from "./process.ts";

const names = ["bb_storage", "bb_scheduler", "bb_worker", "bb_runner", "bb_browser"];
const missing = names.filter((name) => which(name) === undefined);

/** Why there can be none here. */
export const reasonAgainstFarm = missing.length === 0 ? undefined : `needs ${missing.join(", ")} on PATH`;

/** Why there can be no file systems of its programs' own. */
export const reasonAgainstFuse =
  process.getuid?.() === 0 && existsSync("/dev/fuse") ? undefined : "needs root and /dev/fuse";

export interface NativeFarm {
  /** Its own folder, which actions can reach. */
  folder: string;
  /** Where its programs talk TLS. */
  certificates: Certificates | undefined;
  /** Starts every program that does not run, one after the other; each has to say that it is well. */
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

/** The frontend's program is that of the storage. */
function binaryOf({ program }: Place): string {
  const { name } = program.container;
  return which(`bb_${name === "frontend" ? "storage" : name}`) ?? "";
}

/** File systems that programs have left behind. */
function mountsIn(folder: string): string[] {
  if (!existsSync("/proc/self/mounts")) return [];
  const paths = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  return paths.filter((path) => path.startsWith(`${folder}/`));
}

const patienceMs = 60_000;

/** Ports and folders are its own from now on; nothing runs yet. */
export async function nativeFarm(model: FarmModel): Promise<NativeFarm> {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-farm-"));
  const places = placesOf(model);
  const ports = await portsOf(places);
  const certificates = await certificatesFor(places);
  const running = new Map<string, RunningProgram>();
  const logFile = (name: string) => join(folder, `${name.replace("/", "-")}.log`);
  const log = (name: string) => readFileSync(logFile(name), "utf8");
  const address = (pod: string, port: number | undefined) => `${host}:${ports.get(`${pod}:${port}`)}`;

  async function startOne(place: Place): Promise<void> {
    const name = nameOf(place);
    if (running.get(name)?.isRunning()) return;
    const own = join(folder, place.pod);
    await prepare(place, own, certificates);
    const config = join(own, place.program.key);
    writeFileSync(config, localConfig(place, own, ports));
    const env = environmentOf(place, certificates);
    const program = startProgram({ binary: binaryOf(place), config, env, logFile: logFile(name) });
    running.set(name, program);
    const health = `http://${address(place.pod, healthPort(place.program.container))}/-/healthy`;
    await waitFor(async () => (await fetch(health)).ok, {
      what: `${name} is healthy`,
      timeoutMs: patienceMs,
      unless: () => (program.isRunning() ? undefined : `it has ended:\n${log(name).slice(-2000)}`),
    });
  }

  function program(name: string): RunningProgram {
    const found = running.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  return {
    folder,
    certificates,
    program,
    log,
    address,

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
      for (const path of mountsIn(folder)) await run("umount", ["--lazy", path]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
