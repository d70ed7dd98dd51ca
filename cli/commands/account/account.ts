import { Command } from "commander";
import { createCommand } from "./create.ts";
import { deleteCommand } from "./delete.ts";
import { listCommand } from "./list.ts";
import { revokeCommand } from "./revoke.ts";
import { tokenCommand } from "./token.ts";

export function accountCommand(): Command {
  return new Command("account")
    .description("accounts: one tenant each, with tokens of its own")
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(tokenCommand())
    .addCommand(revokeCommand())
    .addCommand(deleteCommand());
}
