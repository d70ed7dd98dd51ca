/** What a handler is given: the platform around it, and one authenticated request. */

import type { IncomingMessage } from "node:http";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { BlobStore } from "../../stores/blob.ts";
import type { Accounts } from "./accounts.ts";
import type { Principal } from "./auth.ts";
import type { Answer, RawAnswer } from "./envelope.ts";
import type { Limits } from "./limits.ts";
import type { ScriptWatches } from "./script-watches.ts";

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How URLs of scripts look, where the account does not say it. */
export type Addresses = Pick<WorkersSettings, "domain" | "urlScheme" | "urlPort">;

export interface Platform {
  client: KubernetesClient;
  blobs: BlobStore;
  accounts: Accounts;
  watches: ScriptWatches;
  limits: Limits;
  addresses: Addresses;
  /** Longest time that an answer waits for its version to serve, in milliseconds. */
  holdMs: number;
  /** Aborts when the service is asked to stop: what has not begun is not begun any more. */
  closing: AbortSignal;
  /** Aborts a while later: what waits for its version to serve then answers at once. */
  stopping: AbortSignal;
  now(): Date;
  log: Log;
}

export interface Call {
  platform: Platform;
  principal: Principal;
  request: IncomingMessage;
  query: URLSearchParams;
  /** Parts of the path, checked only where a narrower type says so. */
  params: Readonly<Record<string, string>>;
  /** Aborts when the client has gone away. */
  gone: AbortSignal;
}

export interface AccountCall extends Call {
  account: WorkerAccount;
}

export interface ScriptCall extends AccountCall {
  /** A well-formed name; whether there is such a script is another question. */
  script: string;
}

export type Handler<C extends Call = Call> = (call: C) => Promise<Answer | RawAnswer> | Answer;
