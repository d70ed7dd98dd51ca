/** Readiness, liveness and startup probes: HTTP and TCP, on loopback. */

import http from "node:http";
import net from "node:net";
import { containerPort } from "./endpoint-slices.ts";
import type { Container, Probe } from "./template.ts";

export interface ProbeTarget {
  container: Container;
  /** By containerPort. */
  ports: ReadonlyMap<number, number>;
}

/** One look. Anything but a 2xx or 3xx answer, or an open port, within `timeoutSeconds` (default 1) is a failure. */
export function look(probe: Probe, { container, ports }: ProbeTarget): Promise<boolean> {
  const wanted = probe.httpGet?.port ?? probe.tcpSocket?.port ?? -1;
  const port = ports.get(containerPort(container, wanted) ?? -1);
  if (port === undefined) return Promise.resolve(false);
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  return probe.httpGet ? answers(probe.httpGet, port, timeoutMs) : accepts(port, timeoutMs);
}

function answers({ path = "/", httpHeaders = [] }: NonNullable<Probe["httpGet"]>, port: number, timeoutMs: number) {
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  return new Promise<boolean>((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, path, headers, agent: false }, ({ statusCode = 0 }) => {
      resolve(statusCode >= 200 && statusCode < 400);
      request.destroy();
    });
    request.on("error", () => resolve(false));
    const timer = setTimeout(() => request.destroy(), timeoutMs);
    request.on("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

function accepts(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const end = (open: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(open);
    };
    const timer = setTimeout(end, timeoutMs, false);
    socket.once("connect", () => end(true)).on("error", () => end(false));
  });
}

/** Before the first success a process is looked at often: that is what somebody waits for. */
const eagerMs = 50;

/** Looks again and again and tells when the verdict turns. The first verdict of a healthy process is a success. */
export function watchProbe(probe: Probe, target: ProbeTarget, onVerdict: (healthy: boolean) => void): () => void {
  const { periodSeconds = 10, successThreshold = 1, failureThreshold = 3, initialDelaySeconds = 0 } = probe;
  const startedAt = Date.now();
  let timer: NodeJS.Timeout;
  let stopped = false;
  let healthy: boolean | undefined;
  let inRow = { success: true, count: 0 };

  /** Eager looks must not use up the failures that the probe allows, so these count by time before the first success. */
  function turned(): boolean | undefined {
    if (inRow.success) return inRow.count >= successThreshold ? true : undefined;
    const tooOld = Date.now() - startedAt >= (initialDelaySeconds + failureThreshold * periodSeconds) * 1000;
    const tooMany = healthy === true && inRow.count >= failureThreshold;
    return tooMany || (healthy === undefined && tooOld) ? false : undefined;
  }

  async function round(): Promise<void> {
    const success = await look(probe, target);
    if (stopped) return;
    inRow = { success, count: inRow.success === success ? inRow.count + 1 : 1 };
    const verdict = turned();
    if (verdict !== undefined && verdict !== healthy) {
      healthy = verdict;
      onVerdict(verdict);
    }
    if (!stopped) timer = setTimeout(round, healthy === true ? periodSeconds * 1000 : eagerMs);
  }

  timer = setTimeout(round, initialDelaySeconds * 1000);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
