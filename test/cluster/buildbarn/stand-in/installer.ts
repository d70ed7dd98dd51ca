/** What bb-runner-installer does: it puts bb_runner, and tini as it once did, into a volume that the runner sees. */

import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const own = join(import.meta.dirname, "..", "..", "..", "..");
const volume = "/bb";
const program = `${volume}/stand-in`;

export function install(): void {
  cpSync(own, program, { recursive: true });
  script("bb_runner", `exec node ${program}/test/cluster/buildbarn/stand-in/main.ts "$@"`);
  script("tini", 'shift 2 && exec "$@"');
}

function script(name: string, text: string): void {
  writeFileSync(join(volume, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}
