/** Secrets where there are none to give: a worker is started to see whether it can start, not to serve. */

import type { ConfiguredWorker } from "./config.ts";

/** Text, a number and JSON at once, for workers that read a secret at their top level. */
const placeholder = "0";
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** An environment in which every secret binding of the workers has a value, though a meaningless one. */
export function placeholderSecrets(workers: ConfiguredWorker[]): Record<string, string> {
  const names = workers.flatMap(({ code, envPrefix }) =>
    code.bindings.filter(({ type }) => type === "secret_text").map(({ name }) => envPrefix + name),
  );
  return Object.fromEntries(names.filter((name) => variableName.test(name)).map((name) => [name, placeholder]));
}
