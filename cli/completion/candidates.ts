/** What may come next on a command line, read from the commands themselves. */

import type { Argument, Command, Option } from "commander";

/** Names that only a platform knows, for arguments and option values that are called so. */
export type Lookups = Record<"account" | "script" | "resource" | "namespace" | "context", () => Promise<string[]>>;

/** The only candidate where the shell itself knows best. */
export const files = ":files";

/** The command line up to the word that is being typed. */
export interface Position {
  command: Command;
  /** How many arguments the command has already. */
  argumentCount: number;
  /** The option whose value comes next. */
  pending: Option | undefined;
  /** Values of the options so far, by their names in the code. */
  values: ReadonlyMap<string, string>;
}

/** @param words everything behind the program's name, without the word that is being typed. */
export function positionOf(program: Command, words: readonly string[]): Position {
  const values = new Map<string, string>();
  let position: Position = { command: program, argumentCount: 0, pending: undefined, values };
  for (const word of words) {
    if (position.pending !== undefined) values.set(position.pending.attributeName(), word);
    position = after(position, word);
  }
  return position;
}

function after(position: Position, word: string): Position {
  const { command, argumentCount, pending } = position;
  if (pending !== undefined) return { ...position, pending: undefined };
  if (word.startsWith("-")) return { ...position, pending: optionsOf(command).find((option) => takes(option, word)) };
  const next = command.commands.find((child) => child.name() === word);
  return next === undefined
    ? { ...position, argumentCount: argumentCount + 1 }
    : { ...position, command: next, argumentCount: 0 };
}

function takes(option: Option, word: string): boolean {
  return option.required && [option.long, option.short].includes(word);
}

/** With those of the commands above. */
function optionsOf(command: Command): Option[] {
  return [...command.options, ...(command.parent === null ? [] : optionsOf(command.parent))];
}

/** @param word what has been typed of the next word. */
export async function candidates(position: Position, word: string, lookups: Lookups): Promise<string[]> {
  const { command, argumentCount, pending } = position;
  const all =
    pending === undefined ? await nextWords(command, argumentCount, word, lookups) : await valuesOf(pending, lookups);
  return all.filter((candidate) => candidate === files || candidate.startsWith(word));
}

async function nextWords(command: Command, argumentCount: number, word: string, lookups: Lookups): Promise<string[]> {
  if (word.startsWith("-")) {
    const options = optionsOf(command).map(({ long }) => long ?? "");
    return [...options.filter((long) => long !== "" && long !== "--version"), "--help"];
  }
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());
  const argument = command.registeredArguments[argumentCount];
  return [...names, ...(argument === undefined ? [] : await known(argument.argChoices, argument.name(), lookups))];
}

async function valuesOf(option: Option, lookups: Lookups): Promise<string[]> {
  const isPath = ["dataDir", "kubeconfig"].includes(option.attributeName());
  return isPath ? [files] : known(option.argChoices, option.attributeName(), lookups);
}

async function known(choices: Argument["argChoices"], name: string, lookups: Lookups): Promise<string[]> {
  if (choices !== undefined) return [...choices];
  return name in lookups ? lookups[name as keyof Lookups]() : [];
}
