/** Structured logs: one JSON line per event, on standard error. */

import { destination, type Logger, pino } from "pino";

export type Log = Pick<Logger, "info" | "warn" | "error" | "debug">;

/** @param level pino's level; `silent` for none. */
export function createLog(name: string, level = "info"): Log {
  return pino({ name, level, base: { name } }, destination({ fd: 2, sync: true }));
}
