/** A program on this machine that is told to stop as a pod's are, and that never outlives this process. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

export interface RunningProgram {
  /** Asks it to end. */
  stop(): void;
  kill(): void;
  /** Resolves when it has ended. How says nothing: after SIGTERM it ends by that signal, or with code 1. */
  ended: Promise<void>;
  isRunning(): boolean;
}

/** Ends the program when the pipe that it reads from is closed: when this process is gone, however it went. */
function guard(pid: number | undefined): ChildProcess {
  return spawn("sh", ["-c", `read -r _; kill -9 ${pid}`], { stdio: ["pipe", "ignore", "ignore"] });
}

export interface ProgramOptions {
  binary: string;
  /** Path of its configuration. */
  config: string;
  env: Record<string, string>;
  /** Path; what it says is appended. */
  logFile: string;
}

export function startProgram({ binary, config, env, logFile }: ProgramOptions): RunningProgram {
  const log = openSync(logFile, "a");
  const child = spawn(binary, [config], { env, stdio: ["ignore", log, log] });
  closeSync(log);
  const guardian = guard(child.pid);
  return {
    stop: () => void child.kill("SIGTERM"),
    kill: () => void child.kill("SIGKILL"),
    ended: once(child, "exit").then(() => void guardian.kill("SIGKILL")),
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}
