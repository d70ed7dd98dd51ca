import { Command } from "commander";
import { listAccounts, nameOf } from "../../accounts.ts";
import { print, printJson, table } from "../../output.ts";
import { type OutputOptions, outputOption } from "../../output-option.ts";
import { findTarget } from "../../target/open.ts";
import { addTargetOptions, namespaceOption } from "../../target/options.ts";
import { announce } from "../../target/target.ts";

export function listCommand(): Command {
  return addTargetOptions(new Command("list"))
    .description("list the accounts")
    .addOption(namespaceOption("only those of one namespace (default: all)"))
    .addOption(outputOption())
    .action(async (options: OutputOptions & { namespace?: string }, command: Command) => {
      const target = await findTarget(command);
      const accounts = await listAccounts(target.client, options.namespace);
      const rows = accounts.map((account) => ({
        name: nameOf(account),
        id: account.metadata.name,
        namespace: account.metadata.namespace ?? "",
        scripts: account.status?.scriptCount ?? 0,
        created: account.metadata.creationTimestamp ?? "",
      }));
      if (options.output === "json") return printJson(rows);
      announce(target);
      print(
        table(
          ["NAME", "ID", "NAMESPACE", "SCRIPTS", "CREATED"],
          rows.map((row) => [row.name, row.id, row.namespace, String(row.scripts), row.created]),
        ),
      );
    });
}
