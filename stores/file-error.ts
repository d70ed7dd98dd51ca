/** The system's errors in the words of a store. */

import { StoreError } from "./error.ts";

/** The system's code of an error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The result, or undefined when there is no such file. */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** Turns errors of the file system into StoreErrors that say what the work was about. */
export async function inWords<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw new StoreError(kindOf(code), `${what}: ${textOf(code)}`, { cause: error });
  }
}

const denials = ["EACCES", "EPERM"];
const unwritables = ["EROFS", "ENOSPC", "EDQUOT"];
const nestings = ["EISDIR", "ENOTDIR", "EEXIST", "ENOTEMPTY"];

function kindOf(code: string) {
  if (denials.includes(code)) return "denied";
  if (unwritables.includes(code)) return "unwritable";
  return nestings.includes(code) ? "refused" : "unreachable";
}

function textOf(code: string): string {
  if (nestings.includes(code)) return `its path lies below or above that of another file (${code})`;
  return `the file system answers ${code}`;
}
