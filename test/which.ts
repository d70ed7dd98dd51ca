/** Programs of this machine. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of the first program of this name; undefined when there is none. */
export function which(program: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
