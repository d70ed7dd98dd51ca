import { expect, test } from "vitest";
import { documents, exampleFarms, farmOf, programsOf } from "./farm.ts";
import { complaintsAbout } from "./rules.ts";
import { evaluated } from "./strict.ts";

const { pools = [], fuse = [] } = exampleFarms;
const programs = [pools, fuse].flatMap((files) => programsOf(farmOf(files.flatMap(documents))));

type Change = (text: string) => string;
const replaced =
  (from: string | RegExp, to: string): Change =>
  (text) =>
    text.replace(from, to);

test.each<[string, string, Change, string]>([
  ["properties in another order", "worker: worker-ubuntu22-04.jsonnet", replaced('"OSFamily"', '"zone"'), "not sorted"],
  ["a property twice", "worker: worker-ubuntu22-04.jsonnet", twice, "not unique"],
  [
    "an instance name with a word of the protocol",
    "worker-fuse: worker-ubuntu22-04.jsonnet",
    replaced('"instanceNamePrefix": "fuse"', '"instanceNamePrefix": "a/blobs"'),
    '"a/blobs" is no instance name',
  ],
  [
    "sizes of which one is 0",
    "scheduler: scheduler.jsonnet",
    replaced(/("sizeClasses": \[)/, "$1 0, 2,"),
    "size classes",
  ],
  ["no sizes", "scheduler: scheduler.jsonnet", replaced(/("sizeClasses": \[)\s*0/, "$1"), "size classes []"],
  ["a queue that is declared twice", "scheduler: scheduler.jsonnet", declaredTwice, "a queue is declared twice"],
  [
    "no concurrency",
    "worker: worker-ubuntu22-04.jsonnet",
    replaced(/"concurrency": "\d+"/, '"concurrency": "0"'),
    "concurrency is",
  ],
  ["a shard that is no ordinal", "frontend: frontend.jsonnet", replaced('"1": {', '"b": {'), "shards 0,b"],
  ["a shard without weight", "frontend: frontend.jsonnet", replaced('"weight": 1', '"weight": 0'), "without weight"],
  [
    "a default that is too large",
    "scheduler: scheduler.jsonnet",
    replaced('"defaultExecutionTimeout": "1800s"', '"defaultExecutionTimeout": "7201s"'),
    "larger than the maximum",
  ],
  [
    "results that are not overwritten in place",
    "storage: storage.jsonnet",
    replaced('"newBlocks": 1', '"newBlocks": 2'),
    "newBlocks 2",
  ],
  ["too many blocks", "storage: storage.jsonnet", replaced('"spareBlocks": 3', '"spareBlocks": 70'), "105 blocks"],
  [
    "blocks that are too small",
    "storage: storage.jsonnet",
    replaced(/"maximumMessageSizeBytes": "\d+"/, '"maximumMessageSizeBytes": "999999999999"'),
    "blocks of",
  ],
  [
    "files that are larger than their volume",
    "storage: storage.jsonnet",
    replaced(/"sizeBytes": "\d+"/, '"sizeBytes": "10737418240"'),
    "volume cas",
  ],
  [
    "files that are larger than the pod's disk",
    "worker-fuse: worker-ubuntu22-04.jsonnet",
    replaced(/"sizeBytes": "\d+"/, '"sizeBytes": "53687091200"'),
    "volume worker",
  ],
  [
    "less room than actions may fill",
    "worker-fuse: worker-ubuntu22-04.jsonnet",
    replaced(/"concurrency": "\d+"/, '"concurrency": "9"'),
    "the file pool is too small",
  ],
  ["a port that is not the container's", "browser: browser.jsonnet", replaced(":7984", ":7985"), ":7985 is no port"],
  [
    "a path on no volume",
    "worker: runner-ubuntu22-04.jsonnet",
    replaced("/worker/build", "/work/build"),
    "on no volume",
  ],
])("%s", (_, title, change, complaint) => {
  const program = programs.find((candidate) => candidate.title === title);
  if (program === undefined) throw new Error(`there is no ${title}`);
  expect(complaintsAbout(program, evaluated(program.text))).toEqual([]);
  expect(complaintsAbout(program, evaluated(change(program.text))).join()).toContain(complaint);
});

function twice(text: string): string {
  return text.replace(/("properties": \[)(\s*\{[^}]*\})/, "$1$2,$2");
}

function declaredTwice(text: string): string {
  const config = JSON.parse(text) as { predeclaredPlatformQueues: unknown[] };
  return JSON.stringify({
    ...config,
    predeclaredPlatformQueues: config.predeclaredPlatformQueues.flatMap((q) => [q, q]),
  });
}
