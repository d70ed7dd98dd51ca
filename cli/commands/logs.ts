import { Command } from "commander";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import { readLogs } from "../../local/workloads/logs.ts";
import { listAccounts, nameOf } from "../accounts.ts";
import { findRunning } from "../running.ts";

export function logsCommand(): Command {
  return new Command("logs")
    .description("show what a script prints; the scripts of an account share one process, so their lines are together")
    .argument("<script>", "name of the script")
    .option("--account <name>", "account of the script, where several have one of that name")
    .option("-f, --follow", "go on until Ctrl-C")
    .action(async (script: string, options: { account?: string; follow?: true }, command: Command) => {
      const { client, folder } = await findRunning(command);
      const account = choose(await listAccounts(client), script, options.account);
      const stop = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

      const workload = { namespace: account.metadata.namespace ?? "", name: account.spec.workerBundleName };
      for await (const chunk of readLogs(folder.path, workload, {
        follow: options.follow ?? false,
        signal: stop.signal,
      })) {
        process.stdout.write(chunk);
      }
    });
}

function choose(accounts: readonly WorkerAccount[], script: string, name: string | undefined): WorkerAccount {
  const having = accounts
    .filter((account) => account.status?.scripts?.some((status) => status.name === script))
    .filter((account) => name === undefined || name === nameOf(account) || name === account.metadata.name);
  const [found, ...others] = having;
  if (found === undefined) throw new Error(`no account has a script "${script}"; see: octoplane status`);
  if (others.length > 0)
    throw new Error(
      `script "${script}" is in several accounts; choose one with --account: ${having.map(nameOf).join(", ")}`,
    );
  return found;
}
