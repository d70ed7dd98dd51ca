/** The life of a program: it starts, it works until it is asked to end, it ends. */

export interface ProgramLog {
  info(message: string): void;
  error(message: string): void;
}

/**
 * Runs what `start` makes until SIGTERM or SIGINT, then closes it and ends the process. A start that fails is one line
 * in the log and exit code 1. The signals are heard from the first moment on, since nobody else ends a container's
 * first process by them.
 */
export async function runProgram(log: ProgramLog, start: () => Promise<{ close(): Promise<unknown> }>): Promise<void> {
  let program: { close(): Promise<unknown> } | undefined;
  let isEnding = false;
  async function end(): Promise<void> {
    if (isEnding) return;
    isEnding = true;
    await program?.close();
    process.exit(0);
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end());

  try {
    program = await start();
  } catch (error) {
    log.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
