import { Command } from "commander";
import { createAccount } from "../../accounts.ts";
import { apiBaseUrl, apiUrlOption } from "../../api-url.ts";
import { assertEnabled } from "../../namespaces.ts";
import { findTarget } from "../../target/open.ts";
import { addTargetOptions, namespaceOption } from "../../target/options.ts";
import type { Target } from "../../target/target.ts";
import { printSettings, type SettingsOptions, settingsOutputOption } from "./wrangler-settings.ts";

interface CreateOptions extends SettingsOptions {
  id?: string;
  namespace?: string;
  apiUrl?: string;
}

export function createCommand(): Command {
  return addTargetOptions(new Command("create"))
    .description("create an account and print its settings for wrangler")
    .argument("<name>", "subdomain of its hosts: http://<script>.<name>.localhost")
    .option("--id <hex>", "account id: 32 hexadecimal digits (default: random)")
    .addOption(
      namespaceOption("where it lives; it must allow accounts (default: default, or the namespace of the context)"),
    )
    .option("--api-url <url>", "where the Workers API answers (default: as the API's Ingress says)", apiUrlOption)
    .addOption(settingsOutputOption())
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const target = await findTarget(command);
      const url = await apiBaseUrl(target, options.apiUrl);
      const namespace = options.namespace ?? usualNamespace(target);
      await assertEnabled(target, namespace);
      const account = await createAccount(target.client, name, namespace, options.id);
      printSettings(target, { ...account, namespace, apiBaseUrl: url }, options);
    });
}

function usualNamespace(target: Target): string {
  return target.kind === "embedded" ? "default" : target.namespace;
}
