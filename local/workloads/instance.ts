/** One process of a Deployment, from its start to its end. */

import type { Child, ChildExit } from "./child.ts";
import type { Serving } from "./endpoint-slices.ts";
import type { Launch } from "./launch.ts";
import { watchProbe } from "./probe.ts";
import type { ProcessTable } from "./process-table.ts";
import type { Instance, Phase } from "./rollout.ts";
import { graceSeconds, type PodTemplate, preStopSeconds } from "./template.ts";

export interface RunningInstance extends Instance, Serving {
  phase: Phase;
  published: boolean;
  /** Milliseconds; `undefined` before it was ready for the first time. */
  readyAt: number | undefined;
  /** Takes it out of service: waits until nobody sends it requests, then SIGTERM, then SIGKILL. */
  drain(): void;
}

export interface InstanceOptions extends Pick<Instance, "id" | "slot" | "hash"> {
  template: PodTemplate;
  launch: Launch;
  processes: ProcessTable;
  /** How long routers may need to see that an address has moved. */
  settleMs: number;
  onOutput(text: string): void;
  /** Its phase has changed. */
  onChange(): void;
  onExit(instance: RunningInstance, exit: ChildExit): void;
}

export function startInstance(options: InstanceOptions): RunningInstance {
  const { id, slot, hash, launch, processes, onOutput } = options;
  const ports = new Map<number, number>();
  const silent = new Set(launch.sockets.keys());
  let stopProbes = () => {};

  const child = processes.start({
    ...launch,
    name: id,
    onOutput,
    onListen(socket, port) {
      const containerPort = launch.sockets.get(socket);
      if (containerPort !== undefined) ports.set(containerPort, port);
      if (silent.delete(socket) && silent.size === 0) stopProbes = watchHealth(instance, child);
    },
  });

  function turn(phase: Phase): void {
    if (instance.phase === "draining" || instance.phase === phase) return;
    if (phase === "ready") instance.readyAt ??= Date.now();
    instance.phase = phase;
    options.onChange();
  }

  function watchHealth(target: Serving, process: Child): () => void {
    const { readinessProbe, livenessProbe, startupProbe } = launch.container;
    const stops: (() => void)[] = [];
    const started = () => {
      if (livenessProbe) stops.push(watchProbe(livenessProbe, target, (alive) => alive || process.kill("SIGKILL")));
      if (readinessProbe) stops.push(watchProbe(readinessProbe, target, (ready) => turn(ready ? "ready" : "unready")));
      else turn("ready");
    };
    if (startupProbe) stops.push(watchProbe(startupProbe, target, (up) => (up ? started() : process.kill("SIGKILL"))));
    else started();
    return () => {
      for (const stop of stops) stop();
    };
  }

  const instance: RunningInstance = {
    ...{ id, slot, hash, ports, container: launch.container },
    phase: "starting",
    published: false,
    readyAt: undefined,
    drain() {
      if (instance.phase === "draining") return;
      instance.phase = "draining";
      stopProbes();
      void endGracefully(child, options, instance.published);
    },
  };

  if (silent.size === 0) queueMicrotask(() => (stopProbes = watchHealth(instance, child)));
  void child.exited.then(async (exit) => {
    stopProbes();
    await launch.release();
    options.onExit(instance, exit);
  });
  return instance;
}

/** A process that nobody was sent to needs no time for others to look away. */
async function endGracefully(
  child: Child,
  { template, settleMs }: InstanceOptions,
  wasPublished: boolean,
): Promise<void> {
  const preStopMs = wasPublished ? Math.max(settleMs, preStopSeconds(template) * 1000) : 0;
  const graceMs = Math.max(graceSeconds(template) * 1000, preStopMs);
  const timers = [
    setTimeout(() => child.kill("SIGTERM"), preStopMs),
    setTimeout(() => child.kill("SIGKILL"), graceMs + 1),
  ];
  await child.exited;
  for (const timer of timers) clearTimeout(timer);
}
