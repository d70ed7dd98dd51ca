import { expect, test } from "vitest";
import { routeOf } from "./route.ts";

test.each([
  ["/api/v1/configmaps", { group: "", version: "v1", plural: "configmaps" }],
  ["/api/v1/namespaces", { plural: "namespaces" }],
  ["/api/v1/namespaces/a", { plural: "namespaces", name: "a" }],
  ["/api/v1/namespaces/a/status", { plural: "namespaces", name: "a", subresource: "status" }],
  ["/api/v1/namespaces/a/configmaps", { namespace: "a", plural: "configmaps" }],
  ["/api/v1/namespaces/a/configmaps/b/", { namespace: "a", plural: "configmaps", name: "b" }],
  [
    "/apis/g.io/v2/namespaces/a/things/b/status",
    { group: "g.io", version: "v2", namespace: "a", plural: "things", name: "b", subresource: "status" },
  ],
  ["/apis/g.io/v2/things/b/scale", { group: "g.io", plural: "things", name: "b", subresource: "scale" }],
  ["/api/v1/namespaces/a/configmaps/b%2Fc", { name: "b/c" }],
])("%s", (path, route) => {
  expect(routeOf(path)).toMatchObject(route);
});

test.each(["/", "/api", "/api/v2/x", "/apis/g.io", "/api/v1//x", "/api/v1/a/b/c/d", "/other/x", "/api/v1/%"])(
  "%s is none",
  (path) => {
    expect(routeOf(path)).toBeUndefined();
  },
);
