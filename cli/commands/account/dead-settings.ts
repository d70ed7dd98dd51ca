import { note } from "../../output.ts";
import type { Target } from "../../target/target.ts";
import { dropDeadSettings } from "../../wrangler-env.ts";

/** The data folder must not go on offering a token that nobody accepts. */
export async function noteDeadSettings(target: Target): Promise<void> {
  if (target.kind !== "embedded" || !(await dropDeadSettings(target.client, target.folder))) return;
  note(`${target.folder.wranglerEnv} held a token that is no longer accepted; it is deleted`);
}
