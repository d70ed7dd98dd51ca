/** What a request asks for: host and path, from the request line and the Host field. */

import type { IncomingMessage } from "node:http";
import { bareHost } from "./match.ts";

export interface RequestTarget {
  /** As the client sent it, with its port. */
  authority: string;
  /** For look-ups: bare and lower-case. */
  host: string;
  /** Absolute path with the query, untouched: what is encoded stays encoded. */
  path: string;
}

/** `undefined` for what cannot be routed: no host or several, or a target that is no path. */
export function requestTarget(request: IncomingMessage): RequestTarget | undefined {
  const url = request.url ?? "";
  const hosts = request.headersDistinct.host ?? [];
  if (hosts.length !== 1 || !sendable.test(url)) return undefined;
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  const authority = absolute?.[1] ?? hosts[0] ?? "";
  const path = absolute ? withSlash(absolute[2] ?? "") : url;
  if (!path.startsWith("/")) return undefined;
  return { authority, host: bareHost(authority), path };
}

/** The characters that Node's client accepts in a path. */
const sendable = /^[\x21-\xff]+$/;

function withSlash(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
