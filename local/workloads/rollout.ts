/** Decides what to start and what to drain, so that a Deployment gets to its template without losing an answer. */

export type Phase =
  /** Runs, but was never ready. */
  | "starting"
  | "ready"
  /** Was ready, and its probe fails. */
  | "unready"
  /** Out of service, on its way to the end. */
  | "draining";

/** One process of a Deployment, as the decisions see it. */
export interface Instance {
  id: string;
  /** Replicas are numbered: each slot has one address that moves from the old process to the new one. */
  slot: number;
  /** Of the template that it runs. */
  hash: string;
  phase: Phase;
  /** Whether every Service that selects it knows its address. */
  published: boolean;
}

export interface RolloutState {
  replicas: number;
  /** Of the template that is wanted. */
  hash: string;
  /** Of the last template that served; it is kept alive until the wanted one serves. */
  stable: string | undefined;
  /** How many slots may run an old and a new process at once. */
  surge: number;
  instances: readonly Instance[];
  /** The time before which a slot may not start a template again. */
  notBefore(slot: number, hash: string): number;
  now: number;
}

export interface RolloutPlan {
  start: { slot: number; hash: string }[];
  /** Ids. */
  drain: string[];
  /** When to ask again at the latest, although nothing changes. */
  wakeAt: number | undefined;
}

export function rolloutPlan(state: RolloutState): RolloutPlan {
  const plans = Array.from({ length: state.replicas }, (_, slot) => slotPlan(state, slot));
  const surplus = state.instances.filter((each) => isLive(each) && each.slot >= state.replicas);
  const wanted = plans.flatMap((each) => each.start);
  const due = wanted.filter((each) => state.notBefore(each.slot, each.hash) <= state.now);
  const later = wanted.filter((each) => !due.includes(each)).map((each) => state.notBefore(each.slot, each.hash));

  const replacing = (each: { slot: number; hash: string }) =>
    each.hash === state.hash && servingInstance(state.instances, each.slot, state.hash) !== undefined;
  const replacements = due.filter(replacing).slice(0, Math.max(0, state.surge - underWay(state)));
  return {
    start: [...due.filter((each) => !replacing(each)), ...replacements],
    drain: [...plans.flatMap((each) => each.drain), ...surplus.map((each) => each.id)],
    wakeAt: later.length === 0 ? undefined : Math.min(...later),
  };
}

/** The process that the slot's address should point to: a ready one, of the wanted template where there is one. */
export function servingInstance<T extends Instance>(
  instances: readonly T[],
  slot: number,
  hash: string,
): T | undefined {
  const ready = instances.filter((each) => each.slot === slot && each.phase === "ready");
  return ready.find((each) => each.hash === hash) ?? ready[0];
}

/** Every slot runs the wanted template and nothing older. */
export function isRolledOut({ replicas, hash, instances }: RolloutState): boolean {
  const live = instances.filter(isLive);
  const current = live.filter((each) => each.hash === hash && each.phase === "ready" && each.published);
  return current.length === replicas && live.length === replicas;
}

function slotPlan(state: RolloutState, slot: number): Pick<RolloutPlan, "start" | "drain"> {
  const live = state.instances.filter((each) => each.slot === slot && isLive(each));
  const current = live.find((each) => each.hash === state.hash);
  const older = live.filter((each) => each.hash !== state.hash);
  if (current?.phase === "ready" && current.published) return { start: [], drain: older.map((each) => each.id) };

  const start = [...(current ? [] : [state.hash]), ...missingStable(state, current, older)];
  // A newer template supersedes one that has not served yet.
  const superseded = older.filter((each) => each.phase === "starting" && each.hash !== state.stable);
  return { start: start.map((hash) => ({ slot, hash })), drain: superseded.map((each) => each.id) };
}

/** A slot that waits for the wanted template keeps, and gets back, what served before. */
function missingStable({ stable, hash }: RolloutState, current: Instance | undefined, older: readonly Instance[]) {
  if (stable === undefined || stable === hash || current?.phase === "ready") return [];
  return older.some((each) => each.hash === stable) ? [] : [stable];
}

/** Replacements that are started and have not taken over. */
function underWay({ instances, hash }: RolloutState): number {
  return instances.filter((each) => {
    const waits = each.hash === hash && each.phase === "starting";
    return waits && servingInstance(instances, each.slot, hash) !== undefined;
  }).length;
}

export function isLive({ phase }: Pick<Instance, "phase">): boolean {
  return phase !== "draining";
}
