/**
 * The hook server as a program. Environment: SETTINGS (path of the settings, YAML), HOST (default 127.0.0.1), PORT
 * (default 8080), HOOK_TOKEN (bearer token; none asks for none), LOG_LEVEL (default info).
 */

import { createLog } from "./log.ts";
import { readSettings } from "./settings.ts";
import { startHookServer } from "./start.ts";

const { SETTINGS, HOST, PORT, HOOK_TOKEN, LOG_LEVEL } = process.env;
const log = createLog("hooks", LOG_LEVEL);

try {
  if (SETTINGS === undefined) throw new Error("SETTINGS is not set: the path of the settings file");
  const server = await startHookServer({
    settings: readSettings(SETTINGS),
    port: Number(PORT ?? 8080),
    log,
    ...(HOST === undefined ? {} : { host: HOST }),
    ...(HOOK_TOKEN === undefined ? {} : { token: HOOK_TOKEN }),
  });
  log.info({ url: server.url }, "hook server started");
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.close());
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 1;
}
