/** The status as text for people. */

import { print, styled, table } from "../output.ts";
import type { AccountStatus, BuildStatus, PlatformStatus } from "./collect.ts";
import type { ComponentStatus, FarmStatus } from "./farms.ts";
import type { Sweep } from "./sweep.ts";
import type { ObjectName, Waiting } from "./waiting.ts";

const good = ["Serving", "Running", "ScaledToZero"];
const moving = [
  "Building",
  "RollingOut",
  "Draining",
  "WaitingForPod",
  "StorageNotReady",
  "Growing",
  "Shrinking",
  "Migrating",
];

function coloured(reason: string): string {
  if (good.includes(reason)) return styled("green", reason);
  return styled(moving.includes(reason) ? "yellow" : "red", reason);
}

export function printStatus(status: PlatformStatus): void {
  printPlace(status);
  for (const account of status.accounts) printAccount(account, status);
  if (status.accounts.length === 0) print("\nno accounts yet");
  printBuilds(status.builds);
  for (const farm of status.farms) printFarm(farm);
  print(status.waiting.length === 0 ? "\nnothing waits" : `\n${styled("bold", "waiting")}`);
  for (const each of status.waiting) printWaiting(each);
  if (status.sweep !== undefined) printSweep(status.sweep);
}

function printPlace({ platform, router, apiBaseUrl, wranglerEnv, kubeconfig }: PlatformStatus): void {
  const rows: [string, string | undefined][] =
    platform.kind === "embedded"
      ? [
          ["platform", `embedded, in ${platform.dataDir}`],
          ["router", router],
        ]
      : [["platform", `cluster of context ${platform.context}, ${platform.server} (from ${platform.from})`]];
  const files: [string, string | undefined][] = [
    ["API", apiBaseUrl],
    ["wrangler", wranglerEnv],
    ["kubeconfig", kubeconfig],
  ];
  for (const [what, value] of [...rows, ...files]) if (value !== undefined) print(`${what.padEnd(11)} ${value}`);
}

function printAccount({ name, id, namespace, scripts }: AccountStatus, { platform }: PlatformStatus): void {
  const where = platform.kind === "cluster" ? ` in namespace ${namespace}` : "";
  print(`\n${styled("bold", `account ${name}`)} (${id})${where}`);
  const rows = scripts.map((script) => [
    script.name,
    coloured(script.reason),
    script.url ?? "(no public address)",
    script.versionServing ?? "",
  ]);
  print(rows.length === 0 ? "  no scripts yet" : table(["SCRIPT", "STATE", "URL", "VERSION"], rows));
}

function printBuilds(builds: readonly BuildStatus[]): void {
  if (builds.length === 0) return;
  const rows = builds.map(({ account, reason, attempt, namespace, job }) => [
    account,
    coloured(reason),
    String(attempt ?? ""),
    job === undefined ? "" : `${namespace}/${job}`,
  ]);
  print(`\n${styled("bold", "builds")}`);
  print(table(["ACCOUNT", "STATE", "ATTEMPT", "JOB"], rows));
}

function printFarm({ namespace, components }: FarmStatus): void {
  print(`\n${styled("bold", "farm")} in namespace ${namespace}`);
  const rows = components.map((each) => [
    each.component,
    each.name,
    stateOf(each).map(coloured).join(", "),
    `${each.readyPods}/${each.pods}`,
    each.version,
    factOf(each),
  ]);
  print(table(["COMPONENT", "NAME", "STATE", "PODS", "VERSION", ""], rows));
}

/** What is wrong or under way is told beside what Ready says of it. */
function stateOf({ reason, degraded, progressing }: ComponentStatus): string[] {
  return [...new Set([reason, degraded, progressing].filter((each) => each !== undefined))];
}

function factOf({ shards, concurrency, url }: ComponentStatus): string {
  if (shards !== undefined) return `${shards} shards`;
  if (concurrency !== undefined) return `${concurrency} actions at a time`;
  return url ?? "";
}

function fullName({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace}/${name}`;
}

function printWaiting({ reason, message, report, causes = [], affects, ...object }: Waiting): void {
  print(`  ${fullName(object)}: ${coloured(reason)}: ${message}`);
  for (const line of report?.split("\n") ?? []) print(`      ${line}`);
  for (const cause of causes) print(`      ${cause}`);
  if (affects.length > 0) print(styled("dim", `      so waits: ${affects.map(fullName).join(", ")}`));
}

function printSweep({ finishedAt, failed, purgeUnsupported }: Sweep): void {
  if (failed.length === 0 && purgeUnsupported.length === 0) return;
  print(`\n${styled("bold", "left by the last sweep")}${finishedAt === undefined ? "" : ` (${finishedAt})`}`);
  for (const { name, reason } of failed) print(`  ${name}: ${reason}`);
  if (purgeUnsupported.length === 0) return;
  print("  PurgeUnsupported: the registry deletes nothing; its operator has to remove:");
  for (const image of purgeUnsupported) print(`      ${image}`);
}
