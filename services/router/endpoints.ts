/** The addresses behind one port of a Service, read from its EndpointSlices. */

import type { EndpointSlice, Service } from "../../api/builtin.ts";

export interface Endpoint {
  /** `host:port`; two endpoints are the same when this is. */
  key: string;
  /** An IP address. */
  host: string;
  port: number;
}

export type SlicesByService = ReadonlyMap<string, readonly EndpointSlice[]>;
type SliceEndpoint = EndpointSlice["endpoints"][number];

const serviceNameLabel = "kubernetes.io/service-name";

/** Under `namespace/service`. */
export function slicesByService(slices: readonly EndpointSlice[]): SlicesByService {
  return Map.groupBy(slices, (each) => `${each.metadata.namespace}/${each.metadata.labels?.[serviceNameLabel]}`);
}

/**
 * What is ready; only when nothing is, what still serves while it terminates (the rule of kube-proxy, KEP-1669).
 * `port` is a name or a number of the Service; a slice lists the resolved target port under the port's name.
 */
export function endpointsOf(
  service: Service | undefined,
  port: string | number,
  slices: readonly EndpointSlice[],
): Endpoint[] {
  const servicePort = service?.spec?.ports?.find((each) => each.name === port || each.port === port);
  if (!servicePort) return [];
  const candidates = slices.filter(hasAddresses).flatMap((slice) => listed(slice, servicePort.name ?? ""));
  const ready = candidates.filter(({ conditions }) => conditions?.ready !== false);
  const leaving = candidates.filter(({ conditions }) => conditions?.terminating && conditions.serving !== false);
  return distinct((ready.length > 0 ? ready : leaving).map((each) => each.endpoint));
}

/** A slice of host names could point anywhere, and no controller of Services writes one. */
function hasAddresses(slice: EndpointSlice): boolean {
  return slice.addressType === "IPv4" || slice.addressType === "IPv6";
}

function listed(slice: EndpointSlice, portName: string): { endpoint: Endpoint; conditions: Conditions }[] {
  const port = slice.ports?.find((each) => (each.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions }) =>
    addresses.map((host) => ({ endpoint: { key: `${host}:${port}`, host, port }, conditions })),
  );
}
type Conditions = SliceEndpoint["conditions"];

function distinct(endpoints: Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map((each) => [each.key, each])).values()];
}
