/** The commands that pages name, and whether there are such. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { octoplane } from "../../cli/octoplane.ts";
import { type Page, root } from "./pages.ts";

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
const makefile = readFileSync(join(root, "Makefile"), "utf8");
const program = octoplane();

const isWord = (text: string) => /^[a-z][a-z-]*$/.test(text);

/** Every command of a page that does not exist. */
export function unknownCommands(page: Page): string[] {
  return page.code.flatMap((line) => [...npmScripts(line), ...makeTargets(line), ...octoplaneCommands(line)]);
}

function npmScripts(line: string): string[] {
  const called = Array.from(line.matchAll(/\bnpm run ([a-z]+)/g), ([, name = ""]) => name);
  return called.filter((name) => scripts[name] === undefined).map((name) => `npm run ${name}`);
}

function makeTargets(line: string): string[] {
  const [, rest = ""] = /^(?:\$ )?make ((?:[\w./=:-]+ ?)*)/.exec(line) ?? [];
  return rest
    .split(" ")
    .filter((word) => word !== "" && !isKnownToMake(word))
    .map((word) => `make ${word}`);
}

function isKnownToMake(word: string): boolean {
  const [name = "", value] = word.split("=");
  const pattern = value === undefined ? `^${name}:` : `^${name} \\?=|\\$\\(${name}\\)`;
  return new RegExp(pattern, "m").test(makefile);
}

/** Also `account ...` alone, as pages call it that speak of the command anyway. */
const called = /(?:bootstrap\.mjs|npm run octoplane --|^octoplane(?= )|^(?=account )) ?((?:[^\s;&)>]+ ?)*)/g;

function octoplaneCommands(line: string): string[] {
  return Array.from(line.matchAll(called), ([, rest = ""]) => rest.trim().split(" ")).flatMap((words) => {
    const [first = ""] = words;
    if (first === "exec" || first === "test" || !(isWord(first) || first.startsWith("-"))) return [];
    return first === "run" ? missingProgram(words[1]) : problemIn(words, program);
  });
}

/** `FILE` stands for any. */
function missingProgram(path = ""): string[] {
  return path === "FILE" || existsSync(join(root, path)) ? [] : [`run ${path}`];
}

function problemIn(words: readonly string[], command: Command): string[] {
  const [first = "", ...rest] = words;
  if (command.commands.length > 0 && isWord(first)) {
    const names = first.split("|");
    const found = command.commands.find((each) => names.includes(each.name()));
    return found === undefined ? [`${command.name()} ${first}`] : problemIn(rest, found);
  }
  const options = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split("=")[0] ?? "");
  return options.filter((option) => !hasOption(command, option)).map((option) => `${command.name()} ${option}`);
}

function hasOption(command: Command, option: string): boolean {
  if (["--help", "--version"].includes(option)) return true;
  const isIt = command.options.some(({ long, short }) => long === option || short === option);
  return isIt || (command.parent !== null && hasOption(command.parent, option));
}
