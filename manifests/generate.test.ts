import { expect, test } from "vitest";
import { differences, generatedFiles } from "./generate.ts";

test("the checked-in manifests are what the table of composites gives", () => {
  expect(differences(generatedFiles())).toEqual([]);
});
