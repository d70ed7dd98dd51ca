/** The status as text for people. */

import { print, styled, table } from "../output.ts";
import type { PlatformStatus, Waiting } from "./collect.ts";

function coloured(reason: string): string {
  if (reason === "Serving") return styled("green", reason);
  return styled(["Building", "RollingOut"].includes(reason) ? "yellow" : "red", reason);
}

function printWaiting({ kind, namespace, name, reason, message, report }: Waiting): void {
  print(`  ${kind} ${namespace}/${name}: ${coloured(reason)}: ${message}`);
  for (const line of report?.split("\n") ?? []) print(`      ${line}`);
}

export function printStatus({ router, apiBaseUrl, accounts, waiting }: PlatformStatus): void {
  print(`router  ${router}`);
  print(`API     ${apiBaseUrl}`);
  for (const { name, id, scripts } of accounts) {
    print(`\n${styled("bold", `account ${name}`)} (${id})`);
    const rows = scripts.map((script) => [
      script.name,
      coloured(script.reason),
      script.url ?? "(no public address)",
      script.versionServing ?? "",
    ]);
    print(rows.length === 0 ? "  no scripts yet" : table(["SCRIPT", "STATE", "URL", "VERSION"], rows));
  }
  print(waiting.length === 0 ? "\nnothing waits" : `\n${styled("bold", "waiting")}`);
  for (const each of waiting) printWaiting(each);
}
