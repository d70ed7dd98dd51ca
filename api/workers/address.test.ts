import { describe, expect, test } from "vitest";
import { account } from "../../test/objects/workers.ts";
import { hostOf, isAccepted, subdomainOf, urlOf } from "./address.ts";

const settings = { domain: "workers.test" };

describe("the subdomain of an account", () => {
  test("is its name, unless it wants another", () => {
    expect(subdomainOf(account())).toBe("acme");
    expect(subdomainOf(account({ subdomain: "shop" }))).toBe("shop");
  });
});

test("an account is accepted when its status names the subdomain that it holds", () => {
  expect(isAccepted(account())).toBe(false);
  expect(isAccepted(account({}, { status: {} }))).toBe(false);
  expect(isAccepted(account({}, { status: { subdomain: "acme" } }))).toBe(true);
});

describe("the host of a script", () => {
  test.each([
    ["api", account(), "api.acme.workers.test"],
    ["api", account({ subdomain: "shop", ingress: { domain: "example.test" } }), "api.shop.example.test"],
    ["My_Api", account(), expect.stringMatching(/^my-api-[0-9a-f]{10}\.acme\.workers\.test$/)],
  ])("%s", (script, owner, host) => {
    expect(hostOf(owner, script, settings)).toEqual(host);
  });
});

test.each([
  [{ urlScheme: "https" as const }, "https://a.test"],
  [{ urlScheme: "http" as const, urlPort: 8080 }, "http://a.test:8080"],
])("a URL: %j", (own, url) => {
  expect(urlOf("a.test", own)).toBe(url);
});
