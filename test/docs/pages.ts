/** The pages of the repository, and what is in them: links, code, tables. */

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");

export interface Page {
  /** From the root of the repository. */
  path: string;
  text: string;
  /** The text without code. */
  prose: string;
  fences: Fence[];
  /** Everything that is set in code: lines of blocks, and what stands between backticks. */
  code: string[];
}

export interface Fence {
  /** `sh`, `yaml`; empty where none is named. */
  language: string;
  body: string;
}

const ignored = new Set(["node_modules", "dist", "coverage", ".git", ".octoplane", ".wrangler"]);

function read(path: string): Page {
  const text = readFileSync(join(root, path), "utf8");
  const fences = Array.from(text.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms), ([, language = "", body = ""]) => ({
    language,
    body,
  }));
  const outside = text.replaceAll(/^```.*?^```$/gms, "");
  const indented = outside.split("\n").filter((line) => /^ {4,}\S/.test(line));
  const inline = Array.from(outside.matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g), ([, code = ""]) => code.replace("\n", " "));
  const blocks = fences.flatMap(({ body }) => body.replaceAll("\\\n", " ").split("\n"));
  return {
    path,
    text,
    prose: outside.replaceAll(/`[^`]*`/g, ""),
    fences,
    code: [...blocks, ...indented, ...inline].map((line) => line.trim()),
  };
}

export const pages: readonly Page[] = globSync("**/*.md", { cwd: root, exclude: (name) => ignored.has(name) })
  .sort()
  .map(read);

export function pageAt(path: string): Page {
  const page = pages.find((each) => each.path === path);
  if (page === undefined) throw new Error(`there is no page ${path}`);
  return page;
}

/** Relative links, as paths from the root of the repository; `anchor` without its `#`. */
export function linksOf({ path, prose }: Page): { target: string; anchor: string }[] {
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [target = "", anchor = ""] = link.split("#");
      return { target: target === "" ? path : join(dirname(path), target), anchor };
    });
}

/** As GitHub names headings. */
export function anchorsOf({ text }: Page): string[] {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Cells of the tables below a heading, row by row, without their heads. */
export function rowsOf({ text }: Page, heading: string): string[][] {
  const section = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no section "${heading}"`);
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  );
  return cells.filter((row, index) => !isRule(row) && !isRule(cells[index + 1]));
}

function isRule(row: readonly string[] | undefined): boolean {
  return row?.every((cell) => /^-+$/.test(cell)) ?? false;
}

/** What a cell sets in code. */
export function words(cell = ""): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, word = ""]) => word);
}
