/** How `create` and `token` print what wrangler needs: as a `.env`, or as JSON for programs. */

import { Option } from "commander";
import { type NewAccount, wranglerEnv } from "../../accounts.ts";
import { note, print, printJson } from "../../output.ts";
import { announce, describe, type Target } from "../../target/target.ts";

export interface SettingsOptions {
  output: "env" | "json";
}

export function settingsOutputOption(): Option {
  return new Option("-o, --output <format>", "settings as a .env file or as JSON")
    .choices(["env", "json"])
    .default("env");
}

export interface WranglerSettings extends NewAccount {
  namespace: string;
  apiBaseUrl: string;
}

export function printSettings(target: Target, settings: WranglerSettings, { output }: SettingsOptions): void {
  if (output === "json") {
    printJson({ ...settings, platform: describe(target) });
    return;
  }
  announce(target);
  const { name, id, namespace, tokenName, apiBaseUrl } = settings;
  print(`# account ${name} (${id}) in namespace ${namespace}; this token is called ${tokenName}`);
  print(wranglerEnv(apiBaseUrl, settings).trimEnd());
  if (process.stdout.isTTY) note("Put these lines into the .env of a project, then: npx wrangler deploy");
}
