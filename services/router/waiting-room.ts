/** Where requests wait for an endpoint: bounded, so that a dead application cannot hold the router's memory. */

export interface WaitingRoom {
  /**
   * Resolves at the next `wake`, or after `timeoutMs` at the latest; never rejects.
   * `false`, at once, when the room is full: in all, or for this backend.
   */
  wait(backend: string, timeoutMs: number, signal: AbortSignal): Promise<boolean>;
  /** Something changed: everybody looks again. */
  wake(): void;
  readonly size: number;
}

export interface WaitingRoomLimits {
  total: number;
  perBackend: number;
}

export function waitingRoom(limits: WaitingRoomLimits): WaitingRoom {
  const waiting = new Map<() => void, string>();
  const perBackend = new Map<string, number>();

  function count(backend: string, change: number): void {
    const left = (perBackend.get(backend) ?? 0) + change;
    if (left === 0) perBackend.delete(backend);
    else perBackend.set(backend, left);
  }

  return {
    async wait(backend, timeoutMs, signal) {
      if (waiting.size >= limits.total || (perBackend.get(backend) ?? 0) >= limits.perBackend) return false;
      if (signal.aborted) return true;
      const { promise, resolve } = Promise.withResolvers<void>();
      const leave = () => resolve();
      const timer = setTimeout(leave, timeoutMs);
      signal.addEventListener("abort", leave);
      waiting.set(leave, backend);
      count(backend, 1);
      await promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      waiting.delete(leave);
      count(backend, -1);
      return true;
    },
    wake() {
      for (const leave of waiting.keys()) leave();
    },
    get size() {
      return waiting.size;
    },
  };
}
