import { Command } from "commander";
import { accountNamespace } from "../../local/platform/install.ts";
import { addToken, createAccount, findAccount, listAccounts, nameOf, wranglerEnv } from "../accounts.ts";
import { print, printJson, table } from "../output.ts";
import { type OutputOptions, outputOption } from "../output-option.ts";
import { findRunning, type Running } from "../running.ts";

export function accountCommand(): Command {
  return new Command("account")
    .description("accounts: one tenant each, with tokens of its own")
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(tokenCommand());
}

function apiBaseUrl({ record }: Running): string {
  return `http://127.0.0.1:${record.ports.api}/client/v4`;
}

function createCommand(): Command {
  return new Command("create")
    .description("create an account and print its settings for wrangler")
    .argument("<name>", "subdomain of its hosts: http://<script>.<name>.localhost")
    .option("--id <hex>", "account id: 32 hexadecimal digits (default: random)")
    .addOption(outputOption())
    .action(async (name: string, options: OutputOptions & { id?: string }, command: Command) => {
      const running = await findRunning(command);
      const account = await createAccount(running.client, name, accountNamespace, options.id);
      if (options.output === "json") printJson({ ...account, apiBaseUrl: apiBaseUrl(running) });
      else print(wranglerEnv(apiBaseUrl(running), account).trimEnd());
    });
}

function listCommand(): Command {
  return new Command("list")
    .description("list the accounts")
    .addOption(outputOption())
    .action(async (options: OutputOptions, command: Command) => {
      const accounts = await listAccounts((await findRunning(command)).client);
      const rows = accounts.map((account) => ({
        name: nameOf(account),
        id: account.metadata.name,
        scripts: account.status?.scriptCount ?? 0,
        created: account.metadata.creationTimestamp ?? "",
      }));
      if (options.output === "json") printJson(rows);
      else
        print(
          table(
            ["NAME", "ID", "SCRIPTS", "CREATED"],
            rows.map((row) => [row.name, row.id, String(row.scripts), row.created]),
          ),
        );
    });
}

function tokenCommand(): Command {
  return new Command("token")
    .description("make a new token for an account and print its settings for wrangler; older tokens stay valid")
    .argument("<account>", "name or id")
    .addOption(outputOption())
    .action(async (which: string, options: OutputOptions, command: Command) => {
      const running = await findRunning(command);
      const account = await findAccount(running.client, which);
      const settings = { id: account.metadata.name, token: await addToken(running.client, account) };
      if (options.output === "json") printJson({ ...settings, apiBaseUrl: apiBaseUrl(running) });
      else print(wranglerEnv(apiBaseUrl(running), settings).trimEnd());
    });
}
