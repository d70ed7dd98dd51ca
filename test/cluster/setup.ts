/** Tells the tests of a cluster which platform to use: `TEST_PLATFORM`, or the one of this machine's own cluster. */

import { existsSync, readFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { platformFile } from "./harness/folders.ts";

export default function setup(project: TestProject): void {
  const file = process.env.TEST_PLATFORM ?? platformFile;
  if (!existsSync(file)) {
    throw new Error(
      `no platform to test: ${file} is missing. Run: npm run cluster -- up && npm run cluster -- install`,
    );
  }
  project.provide("cluster", JSON.parse(readFileSync(file, "utf8")));
}
