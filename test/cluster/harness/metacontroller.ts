/** The real Metacontroller, where its program is on this machine; its image cannot be had everywhere. */

import { existsSync } from "node:fs";
import { which } from "../../which.ts";

/** Path of the program, by `METACONTROLLER_BIN` or from `PATH`. */
export function metacontrollerProgram(): string | undefined {
  const named = process.env.METACONTROLLER_BIN;
  if (named !== undefined && named !== "") {
    if (!existsSync(named)) throw new Error(`METACONTROLLER_BIN names no file: ${named}`);
    return named;
  }
  return which("metacontroller");
}
