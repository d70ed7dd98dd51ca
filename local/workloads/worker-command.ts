/** Turns the command of a worker container into one for this machine: allow-listed, on loopback and free ports. */

import type { Container, Waiting } from "./template.ts";

export interface WorkerCommand {
  args: string[];
  /** By socket: the containerPort that it stands for; `undefined` for sockets that nobody may reach. */
  sockets: ReadonlyMap<string, number | undefined>;
}

const loopback = "127.0.0.1:0";
const socketArgument = /^--socket-addr=([A-Za-z0-9_-]+)=(.+):(\d+)$/;

/**
 * @param directory Where the image's files lie.
 * @returns Why not, for anything but `workerd serve /worker/... NAME --socket-addr=NAME=HOST:PORT ...`: other options
 *   of workerd open files and debug ports of this machine.
 */
export function workerCommand(container: Container, directory: string): WorkerCommand | { waiting: Waiting } {
  const [program, verb, config = "", constant = "", ...options] = [
    ...(container.command ?? []),
    ...(container.args ?? []),
  ];
  const sockets = options.map((option) => socketArgument.exec(option));
  if (program !== "workerd" || verb !== "serve") return refused("it must begin with workerd serve");
  if (!/^\/worker(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(config))
    return refused(`${JSON.stringify(config)} is not below /worker/`);
  if (!/^\w+$/.test(constant)) return refused(`${JSON.stringify(constant)} is not the name of a constant`);
  const odd = options[sockets.indexOf(null)];
  if (odd !== undefined) return refused(`${JSON.stringify(odd)} is not --socket-addr=NAME=HOST:PORT`);

  const parsed = sockets.flatMap((match) => (match ? [socketOf(match)] : []));
  return {
    args: ["serve", directory + config, constant, ...parsed.map(({ name }) => `--socket-addr=${name}=${loopback}`)],
    sockets: new Map(parsed.map(({ name, port }) => [name, port])),
  };
}

function socketOf([, name = "", host = "", port = ""]: RegExpExecArray): { name: string; port: number | undefined } {
  const isPublic = host === "*" || host === "0.0.0.0" || host === "[::]";
  return { name, port: isPublic ? Number(port) : undefined };
}

function refused(rule: string): { waiting: Waiting } {
  return { waiting: { reason: "CommandNotRunnable", message: `The command of a worker image: ${rule}` } };
}
