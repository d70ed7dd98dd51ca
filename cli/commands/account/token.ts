import { Command } from "commander";
import { findAccount, nameOf } from "../../accounts.ts";
import { apiBaseUrl, apiUrlOption } from "../../api-url.ts";
import { findTarget } from "../../target/open.ts";
import { addTargetOptions, namespaceOption } from "../../target/options.ts";
import { addToken } from "../../tokens.ts";
import { printSettings, type SettingsOptions, settingsOutputOption } from "./wrangler-settings.ts";

interface TokenOptions extends SettingsOptions {
  namespace?: string;
  apiUrl?: string;
}

export function tokenCommand(): Command {
  return addTargetOptions(new Command("token"))
    .description("make a new token for an account and print its settings for wrangler; older tokens stay valid")
    .argument("<account>", "name or id")
    .addOption(namespaceOption("where the account lives (default: wherever it is)"))
    .option("--api-url <url>", "where the Workers API answers (default: as the API's Ingress says)", apiUrlOption)
    .addOption(settingsOutputOption())
    .action(async (which: string, options: TokenOptions, command: Command) => {
      const target = await findTarget(command);
      const url = await apiBaseUrl(target, options.apiUrl);
      const account = await findAccount(target.client, which, options.namespace);
      const { name: tokenName, token } = await addToken(target.client, account);
      const { name: id, namespace = "" } = account.metadata;
      printSettings(target, { id, name: nameOf(account), namespace, token, tokenName, apiBaseUrl: url }, options);
    });
}
