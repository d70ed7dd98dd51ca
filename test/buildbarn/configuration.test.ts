import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { runs, timeout } from "../properties/runs.ts";
import { documents, exampleFarms, farmOf, type Program, programsOf } from "./farm.ts";
import { type Evaluate, goJsonnet, reasonAgainstJsonnet } from "./go-jsonnet.ts";
import { complaintsAbout } from "./rules.ts";
import { evaluated, fileProblems } from "./strict.ts";
import { anyFarm, variedFarms } from "./varied.ts";

const snapshots = join(import.meta.dirname, "generated");
const variables = Object.fromEntries(
  ["POD_NAME", "NODE_NAME", "CLIENT_AUTHORITIES", "STORAGE_AUTHORITIES", "SCHEDULER_AUTHORITIES"].map((name) => [
    name,
    name,
  ]),
);

let evaluate: Evaluate;

/** What Buildbarn would say of the programs' configuration; nothing when all of it is right. */
async function refusals(programs: readonly Program[]): Promise<string[]> {
  const answers = await evaluate(programs);
  return programs.flatMap((program, index) => {
    const { value, error } = answers[index] ?? { error: "no answer" };
    const found =
      error === undefined
        ? [...fileProblems(program.key, value, program.version), ...complaintsAbout(program, value)]
        : [error];
    return found.map((problem) => `${program.title}: ${problem}`);
  });
}

describe.skipIf(reasonAgainstJsonnet !== undefined)(
  `configuration, evaluated as Buildbarn does${reasonAgainstJsonnet === undefined ? "" : ` (${reasonAgainstJsonnet})`}`,
  () => {
    beforeAll(async () => {
      evaluate = await goJsonnet((what) => process.stderr.write(`${what}\n`));
    }, 120_000);

    test("snapshots have the value that the quick evaluation of other tests gives them, and are what Buildbarn takes", async () => {
      const paths = globSync("**/*.jsonnet", { cwd: snapshots }).sort();
      const files = paths.map((title) => ({ title, text: readFileSync(join(snapshots, title), "utf8"), variables }));
      const answers = await evaluate(files);
      expect(paths.length).toBeGreaterThan(20);
      expect(answers).toEqual(files.map(({ text }) => ({ value: evaluated(text) })));
      for (const [index, path] of paths.entries()) {
        expect(fileProblems(basename(path), answers[index]?.value), dirname(path)).toEqual([]);
      }
    });

    test.each(Object.entries(exampleFarms))("the example %s", async (_, files) => {
      const programs = programsOf(farmOf(files.flatMap(documents)));
      expect(programs.length).toBeGreaterThanOrEqual(6);
      expect(await refusals(programs)).toEqual([]);
    });

    test.each(Object.entries(variedFarms))("a farm with %s", async (_, farm) => {
      const programs = programsOf(farm());
      expect(programs.length).toBeGreaterThanOrEqual(5);
      expect(await refusals(programs)).toEqual([]);
    });

    test("any farm", { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(anyFarm, async (objects) => {
          const programs = programsOf(farmOf(objects));
          expect(programs).toHaveLength(8);
          expect(await refusals(programs)).toEqual([]);
        }),
        runs(20),
      );
    });

    test("a variable that the pod does not have is an error", async () => {
      const [program] = programsOf(farmOf(documents("minimal.yaml"))).filter(({ key }) => key.startsWith("worker-"));
      expect(await refusals([{ ...(program as Program), variables: {} }])).toEqual([
        expect.stringContaining("Undefined external variable: NODE_NAME"),
      ]);
    });
  },
);
