/** The sweeper: deletes what Octoplane made in the stores and what no resource references any more. */

import type { Installation } from "./installation.ts";
import type { Outcome } from "./outcome.ts";
import { publish } from "./publish.ts";
import type { SweepReport } from "./report.ts";
import { sweep } from "./sweep.ts";

export type { SweepReport } from "./report.ts";

export interface SweeperOptions extends Installation {
  /** How long something must have been there without a reference. Default 24 hours. */
  graceSeconds?: number;
  /** Between two sweeps; the first comes a minute after the start, or sooner. 0 sweeps only when asked to. */
  intervalSeconds: number;
  /** Where the ConfigMap `octoplane-sweep-report` and Events say how the last sweep ended. Default: nowhere. */
  reportNamespace?: string;
  log?: SweeperLog;
}

export interface SweeperLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Sweeper {
  /** Sweeps now, or joins the sweep that is under way. Rejects when something cannot be listed. */
  sweep(): Promise<SweepReport>;
  /** Waits for the batch that is being deleted. */
  close(): Promise<void>;
}

const defaultGraceSeconds = 24 * 3600;
const firstSweepSeconds = 60;
const silent: SweeperLog = { info: () => undefined, warn: () => undefined };

export function startSweeper(options: SweeperOptions): Sweeper {
  const { graceSeconds = defaultGraceSeconds, intervalSeconds, log = silent } = options;
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<SweepReport> | undefined;

  function sweepOnce(): Promise<SweepReport> {
    running ??= sweepAndTell().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function sweepAndTell(): Promise<SweepReport> {
    try {
      const report = await sweep(options, { graceSeconds, now: new Date(), signal: closing.signal });
      tell(report, log);
      await publishOutcome({ report });
      return report;
    } catch (error) {
      await publishOutcome({ failure: messageOf(error) });
      throw error;
    }
  }

  /** Whoever cannot say how it went has swept all the same. */
  async function publishOutcome(outcome: Outcome): Promise<void> {
    if (options.reportNamespace === undefined) return;
    await publish(options.client, options.reportNamespace, outcome, new Date()).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, "the report of the sweep was not written");
    });
  }

  function sweepAfter(seconds: number): void {
    if (intervalSeconds === 0 || closing.signal.aborted) return;
    timer = setTimeout(async () => {
      await sweepOnce().catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, "nothing was swept: something could not be listed");
      });
      sweepAfter(intervalSeconds);
    }, seconds * 1000);
    timer.unref();
  }

  sweepAfter(Math.min(intervalSeconds, firstSweepSeconds));
  return {
    sweep: sweepOnce,
    async close() {
      closing.abort();
      clearTimeout(timer);
      await running?.catch(() => undefined);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function tell({ examined, deleted, failed, purgeUnsupported }: SweepReport, log: SweeperLog): void {
  log.info({ examined, deleted, purgeUnsupported: purgeUnsupported.length }, "swept");
  for (const failure of failed) log.warn(failure, "could not be deleted");
  if (purgeUnsupported.length === 0) return;
  log.warn({ images: purgeUnsupported }, "PurgeUnsupported: the registry's operator has to remove these images");
}
