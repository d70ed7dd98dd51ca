/** What makes a shell ask this program for candidates: it has no knowledge of its own, so that it never grows old. */

import { join } from "node:path";
import { files } from "./candidates.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** The names by which the program is called; `./bootstrap.mjs` is one of them, `npm run` has its own completion. */
const names = ["octoplane", "bootstrap.mjs"];
const program = join(import.meta.dirname, "..", "..", "bootstrap.mjs");

const bash = `_octoplane() {
  local IFS=$'\\n' current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($('${program}' complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [ "\${COMPREPLY[*]}" = "${files}" ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _octoplane ${names.join(" ")}`;

const zsh = `(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
_octoplane() {
  local -a next
  next=(\${(f)"$('${program}' complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if [[ "$next" == "${files}" ]]; then _files; else compadd -a next; fi
}
compdef _octoplane ${names.join(" ")}`;

const fish = `function __octoplane_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l next ('${program}' complete -- $words[2..-1] 2>/dev/null)
  if test "$next" = "${files}"
    __fish_complete_path (commandline -ct)
  else
    string join \\n -- $next
  end
end
${names.map((name) => `complete -c ${name} -f -a '(__octoplane_complete)'`).join("\n")}`;

export const shellScripts: Record<Shell, string> = { bash, zsh, fish };
