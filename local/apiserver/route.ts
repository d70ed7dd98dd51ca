/** Paths of the resource API, taken apart. */

/** `/apis/<group>/<version>/namespaces/<namespace>/<plural>/<name>/<subresource>` and its shorter forms. */
export interface Route {
  readonly group: string;
  readonly version: string;
  readonly namespace?: string | undefined;
  readonly plural: string;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** `undefined` for a path that names no resource. Takes the path without the query, still encoded. */
export function routeOf(path: string): Route | undefined {
  const segments = decoded(path);
  if (segments === undefined || segments.includes("")) return undefined;
  if (segments[0] === "api" && segments[1] === "v1") return inGroup("", "v1", segments.slice(2));
  const [root, group, version, ...rest] = segments;
  return root === "apis" && group && version ? inGroup(group, version, rest) : undefined;
}

function decoded(path: string): string[] | undefined {
  try {
    return path
      .replace(/^\/|\/$/g, "")
      .split("/")
      .map(decodeURIComponent);
  } catch {
    return undefined; // a broken escape
  }
}

function inGroup(group: string, version: string, segments: string[]): Route | undefined {
  const [first, second, third] = segments;
  if (first === "namespaces" && third !== undefined && !isNamespaceSubresource(group, segments)) {
    return resource({ group, version, namespace: second }, segments.slice(2));
  }
  return resource({ group, version }, segments);
}

/** `/api/v1/namespaces/<name>/status` is about the namespace, not about something in it. */
function isNamespaceSubresource(group: string, segments: readonly string[]): boolean {
  return group === "" && segments.length === 3 && ["status", "finalize"].includes(segments[2] ?? "");
}

function resource(scope: Pick<Route, "group" | "version" | "namespace">, segments: string[]): Route | undefined {
  const [plural, name, subresource, ...rest] = segments;
  return plural === undefined || rest.length > 0 ? undefined : { ...scope, plural, name, subresource };
}
