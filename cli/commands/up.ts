import { Command, InvalidArgumentError } from "commander";
import { progress } from "../progress.ts";
import { dataDirOf } from "../target/options.ts";

interface UpOptions {
  port?: number;
  example?: true;
}

export function portOption(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}

export function upCommand(): Command {
  return new Command("up")
    .description("start the embedded platform on this machine and serve until Ctrl-C")
    .option(
      "--port <number>",
      "port of the router; other ports follow or are free ones (default: as last time, or 8080)",
      portOption,
    )
    .option("--example", "deploy examples/hello with wrangler, unless that was done before")
    .action(async (options: UpOptions, command: Command) => {
      // Only this command needs the whole platform, which takes longer to load than the others take to run.
      const { serve } = await import("../serve.ts");
      const stopped = stopSignal();
      const line = progress();
      await serve({ dataDir: dataDirOf(command), ...options }, stopped, line);
    });
}

/** Ends at the first Ctrl-C or SIGTERM; a second one does not wait for anybody. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => (controller.signal.aborted ? process.exit(130) : controller.abort(new Error(signal))));
  }
  return controller.signal;
}
