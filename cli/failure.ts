/** What went wrong, in one sentence: a user never sees a stack trace or a bare error code. */

import { KubernetesError } from "../kubernetes/client.ts";
import { styled } from "./output.ts";

interface SystemError extends Error {
  code: string;
  syscall?: string;
  path?: string;
  address?: string;
  port?: number;
}

/** What the operating system's codes mean for the path that they speak of. */
const meanings: Record<string, (path: string) => string> = {
  EACCES: (path) => `you have no permission for ${path}`,
  EPERM: (path) => `you have no permission for ${path}`,
  EROFS: (path) => `${path} cannot be written: its file system is read-only`,
  ENOENT: (path) => `${path} does not exist`,
  EEXIST: (path) => `${path} is a file, and a folder is needed there`,
  ENOTDIR: (path) => `${path} cannot be there: a part of it is a file`,
  EISDIR: (path) => `${path} is a folder, and a file is needed there`,
  ENOSPC: (path) => `${path} cannot be written: the disk is full`,
  EMFILE: (path) => `${path} cannot be opened: too many files are open (ulimit -n)`,
};

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof (error as Partial<SystemError>).code === "string" && "syscall" in error;
}

/** The error as a sentence without its type, its stack, or an errno that only programmers know. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof KubernetesError) return kubernetesSentence(error);
  if (!isSystemError(error)) return error.message || error.name;
  const where = error.path ?? (error.port === undefined ? undefined : `${error.address ?? ""}:${error.port}`);
  const meaning = meanings[error.code];
  return meaning === undefined || where === undefined ? error.message.replace(/^E[A-Z]+: /, "") : meaning(where);
}

/** Without the path of the request, which says nothing to who has not made it. */
function kubernetesSentence({ status, reason, message, cause }: KubernetesError): string {
  if (status === 401) return "the Kubernetes API does not accept the credentials";
  if (reason === "Timeout") return "the Kubernetes API does not answer in time";
  return reason === "Unreachable" ? `the Kubernetes API cannot be reached: ${rootOf(cause)}` : message;
}

/** The system's own words: for a name with several addresses, those of each attempt. */
function rootOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(rootOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}

export function reportFailure(error: unknown): void {
  process.stderr.write(`${styled("red", "error:", process.stderr)} ${sentenceOf(error)}\n`);
}

/**
 * A reader who has seen enough (`| head`) closes the pipe.
 *
 * @param thenExit false for a command that has more to do than to print.
 */
export function toleratePipes(thenExit: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (thenExit) process.exit(0);
    });
  }
}
