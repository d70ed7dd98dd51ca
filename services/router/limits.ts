/** How much of the router one client or one application can take. */

export interface RouterLimits {
  /** A request without an endpoint that accepts it waits this long, then 502 or 503. */
  patienceMs: number;
  /** How often an endpoint that refused connections is asked again. */
  retryMs: number;
  connectMs: number;
  /** From the end of the request to the head of the answer, then 504. */
  answerMs: number;
  /** Bodies up to this size can be sent again. */
  replayableBytes: number;
  waitingRequests: number;
  waitingRequestsPerBackend: number;
  connections: number;
  headerBytes: number;
  /** A client must send the head of its request within this time, */
  headMs: number;
  /** and all of it within this. */
  requestMs: number;
  /** Idle client connections; above the 60 s that load balancers keep theirs, so that these close first. */
  keepAliveMs: number;
}

export const defaultLimits: RouterLimits = {
  patienceMs: 5_000,
  retryMs: 250,
  connectMs: 3_000,
  answerMs: 100_000,
  replayableBytes: 64 * 1024,
  waitingRequests: 1_000,
  waitingRequestsPerBackend: 100,
  connections: 10_000,
  headerBytes: 16 * 1024,
  headMs: 15_000,
  requestMs: 600_000,
  keepAliveMs: 65_000,
};
