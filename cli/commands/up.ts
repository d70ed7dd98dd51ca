import { existsSync, readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { writePrivate } from "../../local/platform/folder.ts";
import { accountNamespace } from "../../local/platform/install.ts";
import { type Platform, startPlatform } from "../../local/platform/start.ts";
import { createAccount, listAccounts, wranglerEnv } from "../accounts.ts";
import { deployExample } from "../example.ts";
import { print, styled } from "../output.ts";
import { progress } from "../progress.ts";
import { dataDirOf } from "../running.ts";

interface UpOptions {
  port?: number;
  example?: true;
}

const firstAccount = "dev";

export function portOption(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}

export function upCommand(): Command {
  return new Command("up")
    .description("start the platform on this machine and serve until Ctrl-C")
    .option(
      "--port <number>",
      "port of the router; other ports follow or are free ones (default: as last time, or 8080)",
      portOption,
    )
    .option("--example", "deploy examples/hello with wrangler, if it is not there yet")
    .action(async (options: UpOptions, command: Command) => {
      const stopped = stopSignal();
      const line = progress();
      const platform = await startPlatform({ dataDir: dataDirOf(command), port: options.port, onProgress: line.step });
      try {
        await ensureFirstAccount(platform);
        const url = options.example ? await deployExample(platform, stopped.signal, line.step) : undefined;
        line.done("the platform is running");
        explain(platform, url);
        await stopped.promise;
      } catch (error) {
        if (!stopped.signal.aborted) throw error;
      } finally {
        print("stopping ...");
        await platform.close();
      }
    });
}

/** Ends at the first Ctrl-C or SIGTERM; a second one does not wait for anybody. */
function stopSignal() {
  const controller = new AbortController();
  const promise = new Promise<void>((resolve) => controller.signal.addEventListener("abort", () => resolve()));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => (controller.signal.aborted ? process.exit(130) : controller.abort(new Error(signal))));
  }
  return { signal: controller.signal, promise };
}

/** The first account comes by itself; its settings for wrangler are rewritten when a port has changed. */
async function ensureFirstAccount({ client, folder, apiBaseUrl }: Platform): Promise<void> {
  if ((await listAccounts(client)).length === 0) {
    const account = await createAccount(client, firstAccount, accountNamespace);
    writePrivate(folder.wranglerEnv, wranglerEnv(apiBaseUrl, account));
    return;
  }
  if (!existsSync(folder.wranglerEnv)) return;
  const before = readFileSync(folder.wranglerEnv, "utf8");
  writePrivate(
    folder.wranglerEnv,
    before.replace(/^CLOUDFLARE_API_BASE_URL=.*$/m, `CLOUDFLARE_API_BASE_URL=${apiBaseUrl}`),
  );
}

function explain({ folder }: Platform, url: string | undefined): void {
  const rows = [
    ...(url === undefined ? [] : [["hello answers at", styled(["bold", "cyan"], url)]]),
    ["wrangler settings", `${folder.wranglerEnv}   (copy it to a project's .env, then: wrangler deploy)`],
    ["kubeconfig", `${folder.kubeconfig}   (kubectl --kubeconfig ... get octoplane)`],
    ["what runs", "octoplane status"],
    ["to end", "Ctrl-C"],
  ];
  print();
  for (const [what, value] of rows) print(`  ${styled("dim", (what ?? "").padEnd(18))} ${value}`);
  print();
}
