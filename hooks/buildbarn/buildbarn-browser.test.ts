import { expect, test } from "vitest";
import type { Ingress } from "../../api/builtin.ts";
import { browse } from "../../test/objects/clients.ts";

test("the browser says where it is", () => {
  expect(browse({ ingressHost: "b.test" }).status.url).toBe("http://b.test");
  expect(browse({ ingressHost: "b.test" }).child<Ingress>("Ingress")?.spec).toMatchObject({
    rules: [{ host: "b.test" }],
  });
  expect(browse().kinds).not.toContain("Ingress");
});
