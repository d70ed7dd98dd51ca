import { Command } from "commander";
import { configCommand } from "./config.ts";

export function buildbarnCommand(): Command {
  return new Command("buildbarn").description("remote-execution farms").addCommand(configCommand());
}
