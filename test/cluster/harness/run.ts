/** Runs a program to its end. */

import { execFile } from "node:child_process";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Standard input. */
  input?: string;
  /** Default 60 s. */
  timeoutMs?: number;
}

/** Resolves with standard output. @throws Error with the command and the end of what it printed */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { cwd, env = process.env, input, timeoutMs = 60_000 } = options;
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: "SIGKILL" as const, maxBuffer: 64 * 2 ** 20 };
    const child = execFile(program, args, { ...(cwd && { cwd }), env, ...limits }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const printed = `${stdout}${stderr}`.slice(-2000);
      const why = error.killed ? `did not end within ${timeoutMs / 1000} s` : `exit code ${error.code}`;
      reject(new Error(`${[program, ...args].join(" ").slice(0, 300)}: ${why}\n${printed}`));
    });
    child.stdin?.on("error", () => undefined); // it may end without reading
    child.stdin?.end(input ?? "");
  });
}

/** The same, where a failure means that there was nothing to do. */
export async function tryRun(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  return run(program, args, options).catch(() => "");
}
