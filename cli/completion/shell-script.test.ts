/** The scripts in the shells that this machine has. */

import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { type Shell, shellScripts } from "./shell-script.ts";

function has(shell: Shell): boolean {
  return spawnSync(shell, ["--version"]).error === undefined;
}

test.skipIf(!has("bash"))("bash completes the words of a line", () => {
  const ask = `COMP_WORDS=(octoplane account re); COMP_CWORD=2; _octoplane; echo "\${COMPREPLY[*]}"`;
  expect(execFileSync("bash", ["-c", `${shellScripts.bash}\n${ask}`], { encoding: "utf8" })).toBe("revoke\n");
});

test.skipIf(!has("bash"))("bash completes paths where the program asks for them", () => {
  const ask = `cd ${import.meta.dirname}; COMP_WORDS=(octoplane status --kubeconfig shell-script.t); COMP_CWORD=3; _octoplane; echo "\${COMPREPLY[*]}"`;
  const found = execFileSync("bash", ["-c", `${shellScripts.bash}\n${ask}`], { encoding: "utf8" });
  expect(found.trim().split(" ").sort()).toEqual(["shell-script.test.ts", "shell-script.ts"]);
});

test.skipIf(!has("fish"))("fish completes the words of a line", () => {
  const script = `${shellScripts.fish}\ncomplete -C "octoplane account re"`;
  expect(execFileSync("fish", ["-c", script], { encoding: "utf8" })).toBe("revoke\n");
});

test.skipIf(!has("zsh"))("zsh completes the words of a line", () => {
  const parts = `compdef() { :; }; compadd() { print -- \${(P)2}; }; words=(octoplane account re); CURRENT=3`;
  const script = `${parts}\n${shellScripts.zsh}\n_octoplane`;
  expect(execFileSync("zsh", ["-fc", script], { encoding: "utf8" })).toBe("revoke\n");
});
