/** What the hook server is known by, its certificate, and what callers are known by, their token: files of Secrets. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import type { Log } from "./log.ts";

export interface CredentialFiles {
  /** Folder with `tls.crt` and `tls.key`. Without it the server speaks plain HTTP. */
  tlsDir?: string | undefined;
  /** File with the bearer token. Without it nobody is asked for one. */
  tokenFile?: string | undefined;
}

export interface Credentials {
  tls?: { cert: string; key: string };
  token?: string;
}

export interface CredentialsWatch {
  /** Resolves with the first whole set: a mounted Secret may come later than the program. */
  first: Promise<Credentials>;
  current(): Credentials;
  close(): void;
}

interface WatchOptions {
  log: Log;
  onChange(credentials: Credentials): void;
  /** Default 5,000: the kubelet needs up to a minute to change a mounted Secret anyway. */
  intervalMs?: number | undefined;
}

async function contentOf(path: string): Promise<string> {
  const text = await readFile(path, "utf8");
  if (text.trim() === "") throw new Error(`${path} is empty`);
  return text;
}

/** @throws Error when a file is missing or empty, or when certificate and key do not fit each other */
async function readCredentials({ tlsDir, tokenFile }: CredentialFiles): Promise<Credentials> {
  const credentials: Credentials = {};
  if (tlsDir !== undefined) {
    const [cert, key] = await Promise.all(["tls.crt", "tls.key"].map((name) => contentOf(join(tlsDir, name))));
    credentials.tls = { cert: cert ?? "", key: key ?? "" };
    createSecureContext(credentials.tls);
  }
  if (tokenFile !== undefined) credentials.token = (await contentOf(tokenFile)).trim();
  return credentials;
}

/** Follows the files. What cannot be used changes nothing, and is said once. */
export function watchCredentials(files: CredentialFiles, { log, onChange, intervalMs = 5_000 }: WatchOptions) {
  const first = Promise.withResolvers<Credentials>();
  let current: Credentials | undefined;
  let known = "";
  let complaint = "";

  async function look(): Promise<void> {
    try {
      const found = await readCredentials(files);
      complaint = "";
      if (JSON.stringify(found) === known) return;
      known = JSON.stringify(found);
      const isFirst = current === undefined;
      current = found;
      if (isFirst) return first.resolve(found);
      log.info("certificate and token were read again");
      onChange(found);
    } catch (error) {
      if (complaint !== (error as Error).message)
        log.warn({ reason: (error as Error).message }, "no usable credentials");
      complaint = (error as Error).message;
    }
  }

  void look();
  const timer = setInterval(() => void look(), intervalMs);
  const watch: CredentialsWatch = {
    first: first.promise,
    current: () => current ?? {},
    close: () => clearInterval(timer),
  };
  return watch;
}
