/** The one workerd that the project pins: where it is, and which compatibility dates it accepts. */

import { createRequire } from "node:module";

interface WorkerdPackage {
  default: string;
  version: string;
  compatibilityDate: string;
}

const workerd = createRequire(import.meta.url)("workerd") as WorkerdPackage;

/** Path of the workerd executable for this machine. */
export const workerdPath: string = workerd.default;

/** Version of the package, such as `1.20261117.1`. */
export const workerdVersion: string = workerd.version;

/** The day on which this workerd was built, `YYYY-MM-DD`. */
export const buildDate: string = workerd.compatibilityDate;

const datesAcceptedAfterBuild = 7;

function addDays(date: string, days: number): string {
  const time = new Date(`${date}T00:00:00Z`);
  time.setUTCDate(time.getUTCDate() + days);
  return time.toISOString().slice(0, 10);
}

/** The newest compatibility date that a worker may ask for: seven days after the build, but never after today (UTC). */
export function newestCompatibilityDate(now: Date): string {
  const newest = addDays(buildDate, datesAcceptedAfterBuild);
  const today = now.toISOString().slice(0, 10);
  if (newest > today) return today;
  return newest;
}

function isCalendarDate(date: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return false;
  const time = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date);
}

/** Why this runtime cannot run code of that compatibility date, or undefined when it can. */
export function compatibilityDateProblem(date: string, now: Date): string | undefined {
  if (!isCalendarDate(date)) return `compatibility_date must be a date as YYYY-MM-DD, not ${JSON.stringify(date)}`;
  const newest = newestCompatibilityDate(now);
  if (date > newest) return `compatibility_date ${date} is too new: the newest that this runtime supports is ${newest}`;
  return undefined;
}
