import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import type { WorkerAccount } from "../../../api/workers/worker-account.ts";
import { deleteAccount, findAccount, nameOf } from "../../accounts.ts";
import { print } from "../../output.ts";
import { findTarget } from "../../target/open.ts";
import { addTargetOptions, namespaceOption } from "../../target/options.ts";
import { announce } from "../../target/target.ts";
import { noteDeadSettings } from "./dead-settings.ts";

export function deleteCommand(): Command {
  return addTargetOptions(new Command("delete"))
    .description("delete an account: its scripts, their versions and secrets, and its tokens")
    .argument("<account>", "name or id")
    .option("-y, --yes", "do not ask")
    .addOption(namespaceOption("where the account lives (default: wherever it is)"))
    .action(async (which: string, options: { yes?: true; namespace?: string }, command: Command) => {
      const target = await findTarget(command);
      announce(target);
      const account = await findAccount(target.client, which, options.namespace);
      if (!options.yes && !(await isConfirmed(account))) return print("nothing is deleted");
      await deleteAccount(target.client, account);
      print(`${describe(account)} is deleted; what it served ends within seconds`);
      await noteDeadSettings(target);
    });
}

function describe(account: WorkerAccount): string {
  return `account ${nameOf(account)} (${account.metadata.name}, namespace ${account.metadata.namespace})`;
}

function scriptsOf({ status }: WorkerAccount): string {
  const names = status?.scripts?.map(({ name }) => name) ?? [];
  return names.length === 0
    ? "without scripts"
    : `with ${names.length === 1 ? "script" : "scripts"} ${names.join(", ")}`;
}

/** @throws Error where nobody can be asked. */
async function isConfirmed(account: WorkerAccount): Promise<boolean> {
  const what = `${describe(account)} ${scriptsOf(account)}`;
  if (!process.stdin.isTTY) throw new Error(`this would delete ${what}; say --yes when you mean it`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Delete ${what}? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
