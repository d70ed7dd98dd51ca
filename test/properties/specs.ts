/** Specs of every kind, and how a world draws them. */

import fc from "fast-check";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { composites } from "../../hooks/composites.ts";
import type { JsonRecord } from "../../local/driver/json.ts";
import { specOf } from "./arbitrary.ts";

export type Draw = fc.GeneratorValue;

/** The kinds, as arbitraries that are made once. */
const specs = new Map(
  [...composites.map(({ parent }) => parent), WorkerVersion].map((kind) => [kind.kind, specOf(kind as never)]),
);
export function draw<T>(g: Draw, arbitrary: fc.Arbitrary<T>): T {
  return g(() => arbitrary);
}

export function specFor(g: Draw, kind: { kind: string }): JsonRecord {
  return draw(g, specs.get(kind.kind) ?? fc.constant({}));
}
