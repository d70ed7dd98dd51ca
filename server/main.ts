/**
 * The hook server as a program. Environment: SETTINGS (path of the installation's settings), HOST (default 127.0.0.1),
 * PORT (default 8080), ADMIN_PORT (8081), TLS_DIR (folder with tls.crt and tls.key; none: plain HTTP), HOOK_TOKEN_FILE
 * (file with the bearer token; none asks for none), LOG_LEVEL (default info).
 */

import { runProgram } from "../installation/program.ts";
import { settingsFrom } from "../installation/settings.ts";
import { createLog } from "./log.ts";
import { startHookServer } from "./start.ts";

const { env } = process;
const log = createLog("hooks", env.LOG_LEVEL);

await runProgram(log, async () => {
  const server = await startHookServer({
    settings: settingsFrom(env),
    host: env.HOST ?? "127.0.0.1",
    port: Number(env.PORT ?? 8080),
    adminPort: Number(env.ADMIN_PORT ?? 8081),
    tlsDir: env.TLS_DIR,
    tokenFile: env.HOOK_TOKEN_FILE,
    log,
  });
  log.info({ url: server.url }, "hook server started");
  return server;
});
