/**
 * How long a deploy takes on a cluster, from the last byte of the upload to the first answer of the new code, in its
 * parts; and beside it what nobody can do without: a bare Job, the push of one layer, and a bare rollout of an image of the
 * same size. Both take turns on the same cluster.
 *
 *   node bootstrap.mjs run bench/cluster/deploy.ts [rounds, default 10]
 */

import { setTimeout as delay } from "node:timers/promises";
import { percentile, printTable, ratio } from "../table.ts";
import { floorLane } from "./floor.ts";
import { deployLane } from "./lane.ts";
import { platform } from "./platform.ts";

const rounds = Number(process.argv[2] ?? 10);
const installed = platform();
const lane = await deployLane(installed);
const samples = { deploy: [] as Record<string, number>[], floor: [] as Record<string, number>[] };

const floor = await floorLane(installed, lane);
try {
  for (let round = 1; round <= rounds; round += 1) {
    await anyMoment();
    samples.floor.push(await floor.round(round));
    await anyMoment();
    samples.deploy.push(await lane.deploy(round));
    process.stderr.write(`round ${round} of ${rounds}\r`);
  }
} finally {
  floor.close();
  await lane.close();
}

/** The kubelet looks at its containers once a second; who always began at the same point of it would measure that point. */
function anyMoment(): Promise<void> {
  return delay(Math.random() * 1000);
}

function median(kind: keyof typeof samples, part: string): number {
  return percentile(
    samples[kind].map((sample) => sample[part] ?? 0),
    0.5,
  );
}

const parts = [...new Set([...samples.deploy, ...samples.floor].flatMap((sample) => Object.keys(sample)))];
const rows = parts.map((part) => {
  const [deploy, floor] = [median("deploy", part), median("floor", part)];
  const show = (value: number) => (value === 0 ? "-" : value.toFixed(0));
  return [part, show(deploy), show(floor), floor === 0 || deploy === 0 ? "-" : ratio(deploy, floor)];
});
console.log(`milliseconds, median of ${rounds}; ${installed.driver}\n`);
printTable(["part", "deploy", "bare", "deploy/bare"], rows);
