/** How the command speaks: colours only on a terminal, tables that line up. */

import { stripVTControlCharacters, styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** `styleText` itself looks at the stream, NO_COLOR and FORCE_COLOR. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** For people only: programs that read the output do not see it. */
export function note(line: string): void {
  process.stderr.write(`${styled("dim", line, process.stderr)}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Columns as wide as their widest cell; the last one runs free. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header.map((cell) => styled("dim", cell)), ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ""))));
  const padded = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - width(cell) + 2);
  return lines.map((line) => line.map(padded).join("").trimEnd()).join("\n");
}
