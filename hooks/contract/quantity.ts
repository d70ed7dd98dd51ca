/** Quantities in the one form in which the API server stores them; any other form would be written again and again. */

import type { Quantities, Quantity } from "../../api/pod.ts";

const quantity = /^(\d+)(?:\.(\d{1,3}))?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;
const decimalSuffixes = ["", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** The shortest whole number of units with the largest suffix that leaves nothing over. */
function withSuffix(units: bigint, suffixes: readonly string[], step: bigint, power = 0): string {
  const isLast = power === suffixes.length - 1;
  if (isLast || units % step !== 0n) return `${units}${suffixes[power]}`;
  return withSuffix(units / step, suffixes, step, power + 1);
}

/**
 * `0.5` -> `500m`, `1000m` -> `1`, `1.5Gi` -> `1536Mi`, `1024Mi` -> `1Gi`; undefined for a text that is no quantity or
 * counts less than thousandths (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity).
 */
export function canonicalQuantity(text: string): string | undefined {
  const milli = thousandthsOf(text);
  if (milli === undefined) return undefined;
  if (milli === 0n) return "0";
  if (text.endsWith("i") && milli >= 1_024_000n) return withSuffix((milli + 999n) / 1000n, binarySuffixes, 1024n);
  return milli % 1000n === 0n ? withSuffix(milli / 1000n, decimalSuffixes, 1000n) : `${milli}m`;
}

/** As it is stored; what is no quantity stays as it is, for the API server to refuse. */
export function storedQuantity(quantity: Quantity): string {
  return canonicalQuantity(String(quantity)) ?? String(quantity);
}

export function storedQuantities(quantities: Quantities = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(quantities).map(([name, each]) => [name, storedQuantity(each)]));
}

/** `1Gi` -> 1073741824; rounded up to whole units, 0 for a text that is no quantity. */
export function unitsOf(quantity: Quantity): number {
  return Number(((thousandthsOf(String(quantity)) ?? 0n) + 999n) / 1000n);
}

function thousandthsOf(text: string): bigint | undefined {
  const [, whole, fraction = "", suffix = ""] = quantity.exec(text) ?? [];
  if (whole === undefined || (suffix === "m" && fraction !== "")) return undefined;
  const scaled = BigInt(whole + fraction.padEnd(3, "0")) * scale(suffix);
  return suffix === "m" ? scaled / 1000n : scaled;
}

function scale(suffix: string): bigint {
  if (suffix.endsWith("i")) return 1024n ** BigInt(binarySuffixes.indexOf(suffix));
  return suffix === "m" ? 1n : 1000n ** BigInt(decimalSuffixes.indexOf(suffix));
}
