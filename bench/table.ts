/** How benchmarks speak: one table, the machine below it. */

import { cpus, totalmem } from "node:os";

export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  for (const line of lines) {
    const [first = "", ...rest] = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log([first, ...rest].join("  "));
  }
  console.log(`\n${machine()}`);
}

function machine(): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = processors[0]?.model.trim() || process.arch;
  return `${processors.length} x ${model}, ${memory} GiB, ${process.platform}, Node ${process.versions.node}`;
}

/** @param share 0.5 for the median, 0.99 for the 99th percentile */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function ratio(value: number, base: number): string {
  return `${(value / base).toFixed(2)}x`;
}
