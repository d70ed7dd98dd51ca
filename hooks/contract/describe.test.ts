import { expect, test } from "vitest";
import { account } from "../../test/objects/workers.ts";
import { describeCommand } from "./describe.ts";

test("the command looks into the object's namespace", () => {
  expect(describeCommand(account(), "job x")).toBe("kubectl -n team describe job x");
});
