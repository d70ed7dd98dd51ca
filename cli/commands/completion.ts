import { Argument, Command } from "commander";
import { print } from "../output.ts";

const shells = ["bash", "zsh", "fish"] as const;

export function completionCommand(program: Command): Command {
  return new Command("completion")
    .description("print a completion script; for bash: source <(octoplane completion bash)")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .action((shell: (typeof shells)[number]) => print(script(shell, words(program))));
}

/** What may follow each command path, for example `account` -> `create list token`. */
function words(command: Command, path = ""): Map<string, string[]> {
  const options = command.options.map(({ long }) => long ?? "").filter((long) => long !== "");
  const names = command.commands.map((child) => child.name());
  const own: [string, string[]] = [path, [...names, ...options, "--help"]];
  const below = command.commands.flatMap((child) => [...words(child, `${path} ${child.name()}`.trim())]);
  return new Map([own, ...below]);
}

function script(shell: (typeof shells)[number], table: Map<string, string[]>): string {
  if (shell === "fish") return fish(table);
  const cases = [...table].map(([path, next]) => `    "${path}") next="${next.join(" ")}" ;;`).join("\n");
  const bash = `_octoplane() {
  local path="" word next=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _octoplane octoplane`;
  return shell === "bash" ? bash : `autoload -Uz bashcompinit && bashcompinit\n${bash}`;
}

function fish(table: Map<string, string[]>): string {
  return [...table]
    .map(([path, next]) => {
      const condition = path === "" ? "__fish_use_subcommand" : `__fish_seen_subcommand_from ${path.split(" ").at(-1)}`;
      return `complete -c octoplane -f -n "${condition}" -a "${next.join(" ")}"`;
    })
    .join("\n");
}
