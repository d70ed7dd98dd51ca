/** One attempt to have an endpoint answer a request: sends it, and says how it failed before any byte of an answer. */

import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Failure, Outcome } from "./forward.ts";

export interface AttemptLimits {
  /** For the connection alone: the address of a Pod that is gone swallows packets. */
  connectMs: number;
  /** From the end of the request to the head of the answer. */
  answerMs: number;
}

export interface AttemptHandlers {
  /** Called once the connection stands: sends the body and ends the request. Returns how to stop. */
  send(request: ClientRequest): () => void;
  /** The head of the answer is here; resolves when the rest has been passed on, or cannot be. */
  onResponse(response: IncomingMessage): Promise<void>;
  onInformation?(information: http.InformationEvent): void;
  onUpgrade?(response: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

export function attempt(
  options: RequestOptions,
  handlers: AttemptHandlers,
  limits: AttemptLimits,
  clientGone: AbortSignal,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const request = http.request({ ...options, setHost: false, maxHeaderSize });
  const connection = observeConnection(request, limits);
  let answering = false;
  let stopSending = () => {};

  function refuseAnswer(): void {
    request.destroy();
    resolve({ type: "failed", progress: "sent", refusal: "invalid_answer" });
  }

  /** What cannot be written for the client must not throw out of an event: that would end the router. */
  async function pass(passOn: () => Promise<void>): Promise<void> {
    answering = true;
    connection.answered();
    try {
      await passOn();
    } catch {
      stopSending();
      return refuseAnswer();
    }
    stopSending();
    if (!request.writableFinished) request.destroy();
    resolve({ type: "answered" });
  }

  const abandon = () => request.destroy();
  clientGone.addEventListener("abort", abandon);
  request.on("response", (response) => {
    if (hasValidHead(response)) return void pass(() => handlers.onResponse(response));
    refuseAnswer();
  });
  const { onInformation, onUpgrade } = handlers;
  if (onInformation) request.on("information", dropping(onInformation));
  if (onUpgrade) {
    request.on("upgrade", (response, socket, head) => void pass(() => onUpgrade(response, socket, head)));
  }
  function fail(error?: NodeJS.ErrnoException): void {
    if (answering) return; // the answer's own stream tells
    stopSending();
    connection.answered();
    resolve(connection.failure(error));
  }
  request.on("error", fail);
  request.on("close", () => fail()); // an upgrade that nobody asked for ends without an error
  connection.whenOpen(() => {
    stopSending = handlers.send(request);
  });

  return promise.finally(() => clientGone.removeEventListener("abort", abandon));
}

/** Hints may be lost; an endpoint that words them badly must not end the router. */
function dropping<T>(handle: (hint: T) => void): (hint: T) => void {
  return (hint) => {
    try {
      handle(hint);
    } catch {
      // dropped
    }
  };
}

/** What Node's parser lets in and its server would not write. */
function hasValidHead({ statusCode = 0, statusMessage = "" }: IncomingMessage): boolean {
  return statusCode >= 200 && /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage);
}

/** Applications may send more header fields than Node's default of 16 kB: cookies, policies. */
const maxHeaderSize = 64 * 1024;

class TimeLimit extends Error {}

/** Follows the connection of a request, to know afterwards how far the request can have come. */
function observeConnection(request: ClientRequest, limits: AttemptLimits) {
  let socket: Socket | undefined;
  let open = false;
  let bytesBefore = 0;
  let timer: NodeJS.Timeout | undefined;
  const opened = Promise.withResolvers<void>();

  function giveUpAfter(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => request.destroy(new TimeLimit()), ms);
  }
  function isOpen(): void {
    open = true;
    clearTimeout(timer);
    opened.resolve();
  }

  request.once("socket", (assigned) => {
    socket = assigned;
    bytesBefore = assigned.bytesRead;
    if (!assigned.connecting) return isOpen();
    giveUpAfter(limits.connectMs);
    assigned.once("connect", isOpen);
  });
  request.once("finish", () => giveUpAfter(limits.answerMs));

  return {
    whenOpen: (then: () => void) => void opened.promise.then(() => request.destroyed || then()),
    answered: () => clearTimeout(timer),
    failure(error?: NodeJS.ErrnoException): Failure {
      if (!open) return { type: "failed", progress: "unsent", refusal: "endpoint_unreachable" };
      if (error instanceof TimeLimit) return { type: "failed", progress: "sent", refusal: "endpoint_timeout" };
      if (error?.code?.startsWith("HPE_")) return { type: "failed", progress: "sent", refusal: "invalid_answer" };
      const silent = socket?.bytesRead === bytesBefore;
      if (!silent) return { type: "failed", progress: "sent", refusal: "invalid_answer" };
      const progress = request.reusedSocket ? "stale" : "sent";
      return { type: "failed", progress, refusal: "endpoint_closed" };
    },
  };
}
