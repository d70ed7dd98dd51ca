/** Finds the route of a request. */

import type { Route, RouteTable } from "./route-table.ts";

/**
 * `host` is a bare lower-case name (`bareHost`); `path` may carry a query. An exact host wins over a wildcard, any claim
 * over rules without a host.
 */
export function matchRoute(table: RouteTable, host: string, path: string): Route | undefined {
  const pathname = path.split(/[?#]/, 1)[0] ?? "";
  const routes = routesOfHost(table, host) ?? table.exact.get("");
  return routes?.find((route) => matchesPath(route, pathname));
}

export function isKnownHost(table: RouteTable, host: string): boolean {
  return routesOfHost(table, host) !== undefined;
}

/** `Hello.example.com.:8080` -> `hello.example.com`. */
export function bareHost(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

function routesOfHost(table: RouteTable, host: string): readonly Route[] | undefined {
  const firstDot = host.indexOf(".");
  return table.exact.get(host) ?? (firstDot > 0 ? table.wildcard.get(host.slice(firstDot + 1)) : undefined);
}

/** Prefixes match whole path elements: `/a` matches `/a` and `/a/b`, not `/ab`. */
function matchesPath({ path, exact }: Route, pathname: string): boolean {
  if (exact) return pathname === path;
  const prefix = path.replace(/\/$/, "");
  return pathname === prefix || pathname.startsWith(`${prefix}/`);
}
