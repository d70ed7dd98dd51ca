/** Every reason that a condition, or a script in an account's status, can carry: read from the sources of the hooks. */

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { infrastructureFailures } from "../../api/workers/build-failures.ts";
import { root } from "./pages.ts";

/** What Kubernetes says of Jobs and Deployments, and hooks repeat. */
export const repeated = ["FailedCreate", "ProgressDeadlineExceeded", "BackoffLimitExceeded", "DeadlineExceeded"];

/** Reasons that come from somewhere else, and where that is. A new one has to be looked at by somebody. */
const known = new Map([
  ["failure.reason", "build-failures.ts, or the Job's own"],
  ["built.reason", "a release's condition"],
  ["ready.reason", "a child's condition"],
  ["refused[0].reason", "worker-account.scripts.ts"],
  ["replicaFailure.reason", "the Deployment's own"],
  ["progressing.reason", "the Deployment's own"],
  ["reasonIfMissing[what]", "discovery.ts, of Buildbarn"],
  ["reasonIfMany[what]", "discovery.ts, of Buildbarn"],
  ["first.reason", "a verdict of another condition"],
  ["rollout.verdict.reason", "a verdict of another condition"],
  ["plan.problem.reason", "a verdict of another condition"],
  ["underWay.reason", "buildbarn-storage.ts"],
  ["refusal.reason", "a verdict of another condition"],
]);

const hookSources = [...globSync("hooks/**/*.ts", { cwd: root }), "api/workers/build-failures.ts"]
  .filter((path) => !path.endsWith(".test.ts"))
  .map((path) => readFileSync(join(root, path), "utf8"));

/** First arguments of verdicts, up to their comma. */
function verdicts(source: string): string[] {
  return Array.from(source.matchAll(/(?<![.\w])(?:yes|no|unknown)\(\s*([^,]+),/g), ([, reason = ""]) => reason.trim());
}

function literals(text: string): string[] {
  const found = Array.from(text.matchAll(/"([A-Z][A-Za-z]+)"/g), ([, word = ""]) => word);
  return found.filter((word) => !["True", "False", "Unknown"].includes(word));
}

/** Words of the lines that speak of reasons. */
export function reasonsIn(source: string): string[] {
  const lines = source.split("\n").filter((line) => /reason/i.test(line));
  return [...verdicts(source), ...lines].flatMap(literals);
}

/** Verdicts whose reason is neither a word nor known to come from elsewhere. */
export function unexplained(): string[] {
  return hookSources.flatMap((source) =>
    verdicts(source)
      .map((reason) => reason.replace(/( \?\? )?"[A-Z][A-Za-z]+"$/, ""))
      .filter((rest) => rest !== "" && !known.has(rest) && !new RegExp(`const ${rest} = "`).test(source)),
  );
}

export const reasons: ReadonlySet<string> = new Set([
  ...hookSources.flatMap(reasonsIn),
  ...Object.values(infrastructureFailures).map(({ reason }) => reason),
  ...repeated,
]);
