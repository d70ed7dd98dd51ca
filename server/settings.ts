/** Reads the installation's settings: a YAML file, checked field by field before anything starts. */

import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { workersSettings } from "../api/workers/settings.ts";
import type { Settings } from "../hooks/composites.ts";

/** Throws an Error that names the file, the field, the rule and the value. */
export function readSettings(path: string): Settings {
  const settings: unknown = parse(readFileSync(path, "utf8"));
  const validate = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    formats: { int32: true, int64: true },
  }).compile(workersSettings);
  if (validate(settings)) return settings as Settings;
  const problems = (validate.errors ?? []).map(({ instancePath, message, data, keyword }) => {
    const value = keyword === "required" ? "" : ` (it is ${JSON.stringify(data)})`;
    return `${instancePath === "" ? "settings" : instancePath.slice(1)} ${message}${value}`;
  });
  throw new Error(`${path}: ${problems.join("; ")}`);
}
