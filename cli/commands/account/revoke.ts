import { Command } from "commander";
import { findAccount, nameOf } from "../../accounts.ts";
import { hint } from "../../invocation.ts";
import { note, print } from "../../output.ts";
import { flagsOf } from "../../target/flags.ts";
import { findTarget } from "../../target/open.ts";
import { addTargetOptions, namespaceOption } from "../../target/options.ts";
import { announce } from "../../target/target.ts";
import { revokeTokens } from "../../tokens.ts";
import { noteDeadSettings } from "./dead-settings.ts";

export function revokeCommand(): Command {
  return addTargetOptions(new Command("revoke"))
    .description("revoke every token of an account, or one; what is deployed goes on serving")
    .argument("<account>", "name or id")
    .option("--token <token>", "only this one: its name, or the token itself")
    .addOption(namespaceOption("where the account lives (default: wherever it is)"))
    .action(async (which: string, options: { token?: string; namespace?: string }, command: Command) => {
      const target = await findTarget(command);
      announce(target);
      const account = await findAccount(target.client, which, options.namespace);
      const revoked = await revokeTokens(target.client, account, options.token);
      const name = nameOf(account);
      print(
        revoked.length === 0 ? `account ${name} has no tokens` : `revoked of account ${name}: ${revoked.join(", ")}`,
      );
      await noteDeadSettings(target);
      note(`A new token: ${hint(`account token ${name}${flagsOf(target)}`)}`);
    });
}
