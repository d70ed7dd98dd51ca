import { Command } from "commander";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { readLogs } from "../../local/workloads/logs.ts";
import { listAccounts, nameOf } from "../accounts.ts";
import { hint } from "../invocation.ts";
import { note, print } from "../output.ts";
import { followPodLogs, type PodLogsOptions, readPodLogs } from "../pod-logs.ts";
import { flagsOf } from "../target/flags.ts";
import { findTarget } from "../target/open.ts";
import { addTargetOptions, namespaceOption } from "../target/options.ts";
import { announce, type ClusterTarget, type EmbeddedTarget, type Target } from "../target/target.ts";

interface LogsOptions {
  account?: string;
  namespace?: string;
  follow?: true;
}

interface Reading {
  account: WorkerAccount;
  follow: boolean;
  signal: AbortSignal;
}

export function logsCommand(): Command {
  return addTargetOptions(new Command("logs"))
    .description(
      "show what a script prints, with what the other scripts of its account print: they share one process, which does not say whose a line is",
    )
    .argument("<script>", "name of the script")
    .option("--account <account>", "account of the script, where several have one of that name")
    .addOption(namespaceOption("where the account lives (default: wherever it is)"))
    .option("-f, --follow", "go on until Ctrl-C")
    .action(async (script: string, options: LogsOptions, command: Command) => {
      const target = await findTarget(command);
      announce(target);
      const account = choose(target, await listAccounts(target.client, options.namespace), script, options.account);
      noteCompany(account, script);
      const reading = { account, follow: options.follow ?? false, signal: stopSignal() };
      await (target.kind === "embedded" ? printFile(target, reading) : printPods(target, reading));
    });
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

/** workerd prefixes no line, so that the reader has to know whose lines he sees. */
function noteCompany(account: WorkerAccount, script: string): void {
  const others = (account.status?.scripts ?? []).map(({ name }) => name).filter((name) => name !== script);
  if (others.length > 0)
    note(`script ${script} shares its process with ${others.join(", ")}: their lines are among these`);
}

async function printFile({ folder }: EmbeddedTarget, { account, follow, signal }: Reading): Promise<void> {
  const workload = { namespace: account.metadata.namespace ?? "", name: account.spec.workerBundleName };
  for await (const chunk of readLogs(folder.path, workload, { follow, signal })) process.stdout.write(chunk);
}

async function printPods(target: ClusterTarget, { account, follow, signal }: Reading): Promise<void> {
  const { client, connection } = target;
  const { namespace = "" } = account.metadata;
  const bundle = await client.get(WorkerBundle, { namespace, name: account.spec.workerBundleName });
  const deployment = bundle?.spec.deploymentName ?? account.spec.workerBundleName;
  const short = (pod: string) => pod.replace(`${deployment}-`, "");
  const options: PodLogsOptions = {
    client,
    connection,
    namespace,
    labelSelector: `app=${deployment}`,
    container: "workerd",
    onLine: (pod, line) => print(`${short(pod)}  ${line}`),
    onTrouble: (pod, why) => note(`${short(pod)}  ${why}`),
    signal,
  };
  if (follow) return followPodLogs(options);
  const pods = await readPodLogs(options);
  if (pods === 0) throw new Error(`no pod serves account ${nameOf(account)}; see: ${hint(`status${flagsOf(target)}`)}`);
}

function choose(
  target: Target,
  accounts: readonly WorkerAccount[],
  script: string,
  name: string | undefined,
): WorkerAccount {
  const having = accounts
    .filter((account) => account.status?.scripts?.some((status) => status.name === script))
    .filter((account) => name === undefined || [nameOf(account), account.metadata.name].includes(name));
  const [found, ...others] = having;
  if (found === undefined)
    throw new Error(`no account has a script "${script}"; see: ${hint(`status${flagsOf(target)}`)}`);
  if (others.length > 0)
    throw new Error(
      `script "${script}" is in several accounts; choose one with --account: ${having.map(nameOf).join(", ")}`,
    );
  return found;
}
