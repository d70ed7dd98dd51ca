import { expect, test } from "vitest";
import { Deployment, Secret } from "./builtin.ts";
import { apiVersionOf } from "./resource.ts";

test("the core group has no name", () => {
  expect(apiVersionOf(Secret)).toBe("v1");
  expect(apiVersionOf(Deployment)).toBe("apps/v1");
});
