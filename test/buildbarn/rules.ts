/**
 * What Buildbarn asks of its configuration beyond the types of its fields. Whoever breaks one of these rules ends a
 * program at its start, or makes it serve what it cannot keep.
 */

import { storeNames } from "../../api/buildbarn/names.ts";
import { unitsOf } from "../../hooks/contract/quantity.ts";
import type { Program } from "./farm.ts";

type Json = string | number | boolean | null | Json[] | { [field: string]: Json };
type Fields = { [field: string]: Json };

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every value of a field of this name, wherever it is. */
function all(field: string, value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap((item) => all(field, item));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    name === field ? [part, ...all(field, part)] : all(field, part),
  );
}

const objects = (field: string, value: unknown) => all(field, value).filter(isFields);
const texts = (field: string, value: unknown) =>
  all(field, value)
    .flat()
    .filter((item) => typeof item === "string");

/** Buildbarn compares bytes. */
function areSorted(properties: readonly Fields[]): boolean {
  const bytes = properties.map(({ name, value }) => Buffer.from(`${name}\0${value}`));
  return bytes.every((item, index) => index === 0 || Buffer.compare(bytes[index - 1] ?? item, item) < 0);
}

function platforms(_: Program, config: Fields): string[] {
  return objects("platform", config)
    .filter(({ properties = [] }) => !areSorted(properties as Fields[]))
    .map((platform) => `properties are not sorted, or not unique: ${JSON.stringify(platform)}`);
}

const reserved = ["blobs", "uploads", "actions", "actionResults", "operations", "capabilities", "compressed-blobs"];

function instanceNames(_: Program, config: Fields): string[] {
  const names = [...texts("instanceNamePrefix", config), ...texts("allowedInstanceNamePrefixes", config)];
  const isWrong = (name: string) =>
    name !== "" && name.split("/").some((part) => part === "" || reserved.includes(part));
  return names.filter(isWrong).map((name) => `${JSON.stringify(name)} is no instance name`);
}

/** A queue is there once; sizes grow, and 0 is for queues of one size. */
function queues(_: Program, { predeclaredPlatformQueues = [] }: Fields): string[] {
  const declared = predeclaredPlatformQueues as Fields[];
  const keys = declared.map(({ instanceNamePrefix, platform }) => JSON.stringify([instanceNamePrefix, platform]));
  const twice = new Set(keys).size === keys.length ? [] : ["a queue is declared twice"];
  const sizes = declared.map(({ sizeClasses }) => sizeClasses as number[]);
  const isRising = (list: number[]) => list.every((size, index) => index === 0 || size > (list[index - 1] ?? size));
  const isAlright = (list: number[]) => list.length > 0 && isRising(list) && (list.length === 1 || !list.includes(0));
  return [...twice, ...sizes.filter((list) => !isAlright(list)).map((list) => `size classes ${JSON.stringify(list)}`)];
}

function concurrency(_: Program, config: Fields): string[] {
  return ["concurrency", "inputDownloadConcurrency", "outputUploadConcurrency"].flatMap((field) =>
    all(field, config).flatMap((value) => (Number(value) > 0 ? [] : [`${field} is ${JSON.stringify(value)}`])),
  );
}

/** Keys are ordinals, so that a shard keeps its blobs when another comes or goes. */
function shards(_: Program, config: Fields): string[] {
  return objects("shards", config).flatMap((map) => {
    const ordinals = Object.keys(map).length > 0 && Object.keys(map).every((key, index) => key === String(index));
    const weights = Object.values(map).every((shard) => Number((shard as Fields).weight) > 0);
    return [...(ordinals ? [] : [`shards ${Object.keys(map)}`]), ...(weights ? [] : ["a shard without weight"])];
  });
}

function timeouts(_: Program, config: Fields): string[] {
  return objects("initialSizeClassAnalyzer", config)
    .filter((analyzer) => {
      const [usual, most] = [analyzer.defaultExecutionTimeout, analyzer.maximumExecutionTimeout];
      return Number.parseFloat(String(usual)) > Number.parseFloat(String(most));
    })
    .map((analyzer) => `the default is larger than the maximum: ${JSON.stringify(analyzer)}`);
}

const sector = 4096;

/** A block holds the largest blob; what is overwritten in place has one new block. */
function blocks(_: Program, config: Fields): string[] {
  return objects("local", config)
    .filter((local) => "blocksOnBlockDevice" in local)
    .flatMap((local) => {
      const { blocksOnBlockDevice, oldBlocks, currentBlocks, newBlocks } = local;
      const { source, spareBlocks } = blocksOnBlockDevice as Fields;
      const { path, sizeBytes } = (source as { file: Fields }).file;
      const count = [oldBlocks, currentBlocks, newBlocks, spareBlocks].reduce((sum: number, n) => sum + Number(n), 0);
      const block = Math.floor(Number(sizeBytes) / sector / count) * sector;
      const isMutable = storeNames.some((name) => name !== "cas" && String(path).startsWith(`/storage-${name}/`));
      return [
        ...(Number(newBlocks) === 1 || (!isMutable && Number(newBlocks) > 1)
          ? []
          : [`${path}: newBlocks ${newBlocks}`]),
        ...(count <= 100 ? [] : [`${path}: ${count} blocks`]),
        ...(block >= Number(config.maximumMessageSizeBytes) ? [] : [`${path}: blocks of ${block} bytes`]),
      ];
    });
}

/** What the volume that is mounted over `path` can hold; undefined without a limit. */
function roomFor({ container, pod, claims }: Program, path: string): { name: string; bytes: number | undefined } {
  const mount = container.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath.replace(/\/$/, "")}/`));
  const name = mount?.name ?? "";
  const volume = pod.volumes?.find((candidate) => candidate.name === name);
  const claim = claims.find(({ metadata }) => metadata?.name === name);
  const size = claim?.spec?.resources?.requests?.storage ?? volume?.emptyDir?.sizeLimit;
  return { name, bytes: size === undefined ? undefined : unitsOf(size) };
}

function sizes(program: Program, config: Fields): string[] {
  const files = objects("file", config).map(({ path, sizeBytes }) => ({ path: String(path), size: Number(sizeBytes) }));
  const byVolume = Map.groupBy(files, ({ path }) => roomFor(program, path).name);
  return [...byVolume].flatMap(([name, members]) => {
    const used = members.reduce((sum, { size }) => sum + size, 0);
    const room = roomFor(program, members[0]?.path ?? "").bytes ?? Number.POSITIVE_INFINITY;
    return used <= room ? [] : [`volume ${name}: ${used} bytes in ${room}`];
  });
}

/** What all actions may write at a time is there. */
function filePool(_: Program, config: Fields): string[] {
  const pools = objects("filePool", config).flatMap((pool) => objects("file", pool));
  const runners = all("runners", config).flat().filter(isFields);
  const wanted = runners.reduce(
    (sum, { concurrency, maximumFilePoolSizeBytes = 0 }) =>
      sum + Number(concurrency) * Number(maximumFilePoolSizeBytes),
    0,
  );
  return pools.filter(({ sizeBytes }) => Number(sizeBytes) < wanted).map(() => "the file pool is too small");
}

const pathFields = [
  ..."path stateDirectoryPath buildDirectoryPath cacheDirectoryPath mountPath".split(" "),
  ..."listenPaths certificatePath privateKeyPath".split(" "),
];

/** Ports are the container's, and paths lie on its volumes. */
function surroundings(program: Program, config: Fields): string[] {
  const ports = new Set(program.container.ports?.map(({ containerPort }) => `:${containerPort}`));
  const addresses = texts("listenAddresses", config).filter((address) => !ports.has(address));
  const paths = pathFields
    .flatMap((field) => texts(field, config))
    .filter((path) => roomFor(program, path).name === "");
  return [
    ...addresses.map((address) => `${address} is no port of the container`),
    ...paths.map((path) => `${path} is on no volume`),
  ];
}

const rules = [platforms, instanceNames, queues, concurrency, shards, timeouts, blocks, sizes, filePool, surroundings];

/** What is wrong with the configuration of a program, in the pod that it is for; empty when nothing is. */
export function complaintsAbout(program: Program, config: unknown): string[] {
  return rules.flatMap((rule) => rule(program, config as Fields));
}
