/** Which backend answers which host and path: a pure function of the Ingresses, Services and EndpointSlices observed. */

import type { EndpointSlice, Ingress, Service } from "../../api/builtin.ts";
import { type Endpoint, endpointsOf, type SlicesByService, slicesByService } from "./endpoints.ts";

export interface Observed {
  ingresses: readonly Ingress[];
  services: readonly Service[];
  endpointSlices: readonly EndpointSlice[];
}

/** One port of one Service. */
export interface Backend {
  /** `namespace/service:port`, the port as the Ingress names it. */
  key: string;
  /** May be empty: the Service exists no more, or has nothing that is ready. */
  endpoints: readonly Endpoint[];
}

export interface Route {
  path: string;
  /** `Exact` or `Prefix`; `ImplementationSpecific` counts as `Prefix`. */
  exact: boolean;
  backend: Backend;
}

export interface RouteTable {
  /** By host, the most specific path first; under the empty one for hosts that nobody claimed. */
  exact: ReadonlyMap<string, readonly Route[]>;
  /** `*.example.com` under `example.com`. */
  wildcard: ReadonlyMap<string, readonly Route[]>;
  backends: ReadonlyMap<string, Backend>;
}

const classAnnotation = "kubernetes.io/ingress.class";

/**
 * Rules without a host are left out, save those of the platform's own namespace, and so are default backends: in a
 * router that tenants share they would give every host that nobody claimed to whoever asks first. A host belongs to the
 * namespace whose Ingress claimed it first.
 */
export function routeTable(observed: Observed, ingressClass: string, platformNamespace?: string): RouteTable {
  const backends = backendRegistry(observed);
  const claims = observed.ingresses
    .filter((each) => isOfClass(each, ingressClass))
    .sort(byAge)
    .flatMap(claimsOf)
    .filter(({ host, namespace }) => host !== "" || namespace === platformNamespace);
  const routes = Map.groupBy(claims, ({ host }) => host)
    .entries()
    .map(([host, ofHost]) => [host, routesOf(ofHost, backends.get)] as const)
    .toArray();
  const isWildcard = ([host]: readonly [string, Route[]]) => host.startsWith("*.");

  return {
    exact: new Map(routes.filter((each) => !isWildcard(each))),
    wildcard: new Map(routes.filter(isWildcard).map(([host, ofHost]) => [host.slice(2), ofHost])),
    backends: backends.all,
  };
}

/** An Ingress is ours by `spec.ingressClassName`, or by the older annotation where that is not set. */
export function isOfClass(ingress: Ingress, ingressClass: string): boolean {
  return (ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.[classAnnotation]) === ingressClass;
}

/** One rule of an Ingress. */
interface Claim {
  /** Empty where the rule leaves it out. */
  host: string;
  namespace: string;
  paths: IngressPath[];
}
type IngressRule = NonNullable<NonNullable<Ingress["spec"]>["rules"]>[number];
type IngressPath = NonNullable<IngressRule["http"]>["paths"][number];
type FindBackend = (namespace: string, service: string, port: string | number) => Backend;

function claimsOf({ metadata, spec }: Ingress): Claim[] {
  return (spec?.rules ?? []).map(({ host = "", http }) => ({
    host: host.toLowerCase(),
    namespace: metadata.namespace ?? "",
    paths: http?.paths ?? [],
  }));
}

/** @param claims Of one host, oldest first. */
function routesOf(claims: readonly Claim[], backend: FindBackend): Route[] {
  const owner = claims[0]?.namespace;
  const routes = claims
    .filter(({ namespace }) => namespace === owner)
    .flatMap(({ namespace, paths }) => paths.flatMap((path) => routeOf(path, namespace, backend) ?? []));
  return firstOfEachPlace(routes).sort(mostSpecificFirst);
}

function routeOf({ path, pathType, backend: { service } }: IngressPath, namespace: string, backend: FindBackend) {
  const port = service?.port?.name ?? service?.port?.number;
  if (!service || port === undefined) return undefined;
  return { path: path || "/", exact: pathType === "Exact", backend: backend(namespace, service.name, port) };
}

function firstOfEachPlace(routes: Route[]): Route[] {
  const byPlace = Map.groupBy(routes, ({ path, exact }) => `${exact} ${path}`);
  return [...byPlace.values()].flatMap(([first]) => first ?? []);
}

/** Every backend is resolved once, however many rules name it. */
function backendRegistry(observed: Observed) {
  const all = new Map<string, Backend>();
  const services = new Map(observed.services.map((each) => [serviceKey(each.metadata.namespace, each), each]));
  const slices: SlicesByService = slicesByService(observed.endpointSlices);

  function get(namespace: string, name: string, port: string | number): Backend {
    const service = `${namespace}/${name}`;
    const key = `${service}:${port}`;
    const known = all.get(key);
    if (known) return known;
    const backend = { key, endpoints: endpointsOf(services.get(service), port, slices.get(service) ?? []) };
    all.set(key, backend);
    return backend;
  }
  return { all, get };
}

function serviceKey(namespace: string | undefined, service: Service): string {
  return `${namespace ?? ""}/${service.metadata.name}`;
}

/** Oldest first; names decide between objects of the same second, so that every replica decides alike. */
function byAge(a: Ingress, b: Ingress): number {
  const age = (each: Ingress) => each.metadata.creationTimestamp ?? "";
  const name = (each: Ingress) => `${each.metadata.namespace}/${each.metadata.name}`;
  return compare(age(a), age(b)) || compare(name(a), name(b));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function mostSpecificFirst(a: Route, b: Route): number {
  return Number(b.exact) - Number(a.exact) || b.path.length - a.path.length;
}
