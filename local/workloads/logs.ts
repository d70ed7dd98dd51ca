/** What processes print: one file per Deployment or Job, capped, with the file before it kept. */

import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as delay } from "node:timers/promises";

export interface LogFile {
  /** In order; failures of the disk lose text, never a process. */
  append(text: string): void;
  /** Resolves when everything is on disk. */
  flush(): Promise<void>;
}

/** A Deployment or a Job. */
export interface LogOwner {
  namespace: string;
  name: string;
}

/** Of each of the two files that are kept. */
const defaultMaxBytes = 5_000_000;

/** `<dataDir>/logs/<namespace>/<name>.log`. @throws TypeError for what is no Kubernetes name. */
export function logPath(dataDir: string, { namespace, name }: LogOwner): string {
  for (const each of [namespace, name]) {
    if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(each))
      throw new TypeError(`${JSON.stringify(each)} is not a name`);
  }
  return join(dataDir, "logs", namespace, `${name}.log`);
}

export function logFile(path: string, maxBytes = defaultMaxBytes): LogFile {
  let pending: string[] = [];
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (pending.length > 0) {
      const text = pending.join("");
      pending = [];
      await appendCapped(path, text, maxBytes).catch(() => undefined);
    }
    writing = undefined;
  }

  return {
    append(text) {
      pending.push(text);
      writing ??= drain();
    },
    flush: async () => writing,
  };
}

async function appendCapped(path: string, text: string, maxBytes: number): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const size = await sizeOf(path);
  if (size > 0 && size + Buffer.byteLength(text) > maxBytes) await rename(path, `${path}.1`);
  const file = await open(path, "a", 0o600);
  await file.appendFile(text.slice(-maxBytes)).finally(() => file.close());
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

export async function removeLogs(path: string): Promise<void> {
  await Promise.all([rm(path, { force: true }), rm(`${path}.1`, { force: true })]);
}

export interface ReadLogsOptions {
  /** Goes on with what is written later, until `signal` is aborted. Default false. */
  follow?: boolean;
  signal?: AbortSignal;
}

/** The text of a Deployment's or Job's log, oldest first, in pieces; nothing when there is none. */
export async function* readLogs(
  dataDir: string,
  owner: LogOwner,
  options: ReadLogsOptions = {},
): AsyncGenerator<string, void, undefined> {
  // One for all files: a character may begin at the end of what is read now and end in what is read next.
  const decoder = new StringDecoder("utf8");
  for await (const bytes of readBytes(logPath(dataDir, owner), options)) {
    const text = decoder.write(bytes);
    if (text !== "") yield text;
  }
  const rest = decoder.end();
  if (rest !== "") yield rest;
}

/** Each piece is valid until the next is asked for. */
type Pieces = AsyncGenerator<Buffer, void, undefined>;

async function* readBytes(path: string, { follow = false, signal }: ReadLogsOptions): Pieces {
  yield* readFrom(`${path}.1`);
  let file = await openExisting(path);
  if (file) yield* readOn(file);
  while (follow && !signal?.aborted) {
    await delay(followMs, undefined, { signal }).catch(() => undefined);
    if (file && (await wasReplaced(file, path))) {
      yield* readOn(file);
      await file.close();
      file = undefined;
    }
    file ??= await openExisting(path);
    if (file) yield* readOn(file);
  }
  await file?.close();
}
const followMs = 100;

async function* readFrom(path: string): Pieces {
  const file = await openExisting(path);
  if (!file) return;
  yield* readOn(file);
  await file.close();
}

/** From where the last read ended. */
async function* readOn(file: FileHandle): Pieces {
  const buffer = Buffer.alloc(64 * 1024);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  return open(path, "r").catch(() => undefined);
}

async function wasReplaced(file: FileHandle, path: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return theirs?.ino !== ours.ino;
}
