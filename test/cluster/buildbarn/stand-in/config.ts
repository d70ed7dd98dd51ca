/** The configuration of a program, read as Buildbarn reads it: what is unknown or missing ends the start. */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileProblems } from "../../../buildbarn/strict.ts";

export type Json = string | number | boolean | null | Json[] | { [field: string]: Json };

const programs = ["storage", "frontend", "scheduler", "browser", "worker", "runner"] as const;
export type Program = (typeof programs)[number];

export interface Config {
  program: Program;
  value: Json;
}

/** @throws Error that says everything that is wrong */
export function readConfig(path: string, environment: NodeJS.ProcessEnv): Config {
  const key = basename(path);
  const program = programs.find((name) => key.split(/[-.]/)[0] === name);
  if (program === undefined) throw new Error(`${key} is the configuration of no program`);
  const value = evaluated(readFileSync(path, "utf8"), environment);
  const problems = fileProblems(key, value);
  if (problems.length > 0) throw new Error(`${key}: ${problems.join("; ")}`);
  return { program, value };
}

/** What is generated is JSON, but for values from the environment. */
function evaluated(text: string, environment: NodeJS.ProcessEnv): Json {
  const json = text.replaceAll(/std\.extVar\("([A-Z_]+)"\)/g, (_, name: string) => {
    const value = environment[name];
    if (value === undefined) throw new Error(`std.extVar: there is no environment variable ${name}`);
    return JSON.stringify(value);
  });
  return JSON.parse(json) as Json;
}

/** Every value of a field, wherever it is. */
export function valuesOf(field: string, config: Json): Json[] {
  if (typeof config !== "object" || config === null) return [];
  if (Array.isArray(config)) return config.flatMap((part) => valuesOf(field, part));
  return Object.entries(config).flatMap(([name, part]) => (name === field ? [part] : valuesOf(field, part)));
}

/** Every text in lists of that field. */
export function textsOf(field: string, config: Json): string[] {
  return valuesOf(field, config).flat().map(String);
}

/** Without one of its fields, wherever that is. */
export function without(field: string, config: Json): Json {
  if (typeof config !== "object" || config === null) return config;
  if (Array.isArray(config)) return config.map((part) => without(field, part));
  const rest = Object.entries(config).filter(([name]) => name !== field);
  return Object.fromEntries(rest.map(([name, part]) => [name, without(field, part)]));
}
