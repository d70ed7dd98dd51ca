/** The installation's settings: one YAML file for all programs, checked field by field before anything starts. */

import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject } from "ajv";
import { parse } from "yaml";
import { type Settings, settingsSchema } from "../api/settings.ts";

/** @throws Error that names the file, the field, the rule and the value */
export function readSettings(path: string): Settings {
  const settings: unknown = parse(readFileSync(path, "utf8"));
  const validate = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    formats: { int32: true, int64: true },
  }).compile(settingsSchema);
  if (validate(settings)) return settings as Settings;
  throw new Error(`${path}: ${(validate.errors ?? []).map(problem).join("; ")}`);
}

function problem({ instancePath, message, data, keyword, params }: ErrorObject): string {
  const field = instancePath === "" ? "settings" : instancePath.slice(1);
  if (keyword === "required") return `${field} ${message}`;
  if (keyword === "additionalProperties")
    return `${field} has a field that does not exist: ${params.additionalProperty}`;
  return `${field} ${message} (it is ${JSON.stringify(data)})`;
}

/** The settings that `SETTINGS` names. @throws Error when it names none, or as `readSettings` does */
export function settingsFrom({ SETTINGS }: NodeJS.ProcessEnv): Settings {
  if (SETTINGS === undefined || SETTINGS === "") throw new Error("SETTINGS is not set: the path of the settings file");
  return readSettings(SETTINGS);
}
