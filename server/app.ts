/** The hook server's HTTP: one route per composite and hook, short answers, never HTML. */

import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { KubernetesObject } from "../api/resource.ts";
import type { AnyComposite, Settings } from "../hooks/composites.ts";
import { compositeName } from "../hooks/contract/composite.ts";
import { HookError } from "../hooks/contract/errors.ts";
import { type HookName, hookPath, hooksOf } from "../hooks/contract/manifest.ts";
import { runCustomize, runFinalize, runSync } from "../hooks/contract/run.ts";
import { bearer } from "./bearer.ts";
import { hookErrors } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { forgetSecretData } from "./secrets.ts";

export interface AppOptions {
  composites: readonly AnyComposite[];
  settings: Settings;
  log: Log;
  metrics: Metrics;
  /** Bearer token that a caller must show; none means that everybody who reaches the port may call. */
  token?: () => string | undefined;
  /** The clock, for tests. */
  now?: () => Date;
}

/** A parent with a hundred releases and all its related objects stays far below this. */
const largestBody = "32mb";

function wholeSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** What a hook answers to a parsed body. */
function answerOf(composite: AnyComposite, hook: HookName, { settings, now = () => new Date() }: AppOptions) {
  const answers: Record<HookName, (body: unknown) => object> = {
    sync: (body) => runSync(composite, forgetSecretData(body), settings, wholeSeconds(now())),
    finalize: (body) => runFinalize(composite, forgetSecretData(body), settings, wholeSeconds(now())),
    customize: (body) => runCustomize(composite, body),
  };
  return answers[hook];
}

/** Counts and logs one call, whatever comes of it. */
function observedCall(
  name: string,
  hook: HookName,
  { log, metrics }: Pick<AppOptions, "log" | "metrics">,
): RequestHandler {
  return (request, response, next) => {
    const done = metrics.start(name, hook);
    response.on("finish", () => {
      const parent = (request.body as { parent?: KubernetesObject } | undefined)?.parent;
      log.info({
        hook: `${name}/${hook}`,
        object: parent === undefined ? undefined : `${parent.metadata?.namespace ?? ""}/${parent.metadata?.name ?? ""}`,
        generation: parent?.metadata?.generation,
        status: response.statusCode,
        milliseconds: Math.round(done(response.statusCode) * 1000),
      });
    });
    next();
  };
}

export function hookApp(options: AppOptions): Express {
  const app = express();
  // Express answers POST with an ETag of its own that it never honours.
  app.set("etag", false).disable("x-powered-by");

  const authenticate = bearer(options.token ?? (() => undefined));
  const parse = express.json({ limit: largestBody, type: () => true });
  for (const composite of options.composites) {
    for (const hook of hooksOf(composite)) {
      const answer = answerOf(composite, hook, options);
      app.post(
        hookPath(composite, hook),
        observedCall(compositeName(composite), hook, options),
        authenticate,
        parse,
        (request: Request, response: Response) => void response.json(answer(request.body)),
      );
    }
  }

  app.use(() => {
    throw new HookError("NoSuchHook", "there is no such hook", 404);
  });
  app.use(hookErrors(options.log));
  return app;
}
