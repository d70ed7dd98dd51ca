/** The form of every answer: Cloudflare's envelope, also for errors that nobody foresaw. */

import { isTemporary, KubernetesError } from "../../kubernetes/client.ts";
import { WorkerdFailure } from "../../runtime/failure.ts";
import { StoreError } from "../../stores/error.ts";
import { ApiError, apiError } from "./errors.ts";

/** What a handler gives back. */
export interface Answer {
  result: unknown;
  /** Remarks for people, such as that a rollout goes on. */
  messages?: string[];
  /** Pages of lists. */
  resultInfo?: object;
}

/** An answer that is no envelope. What goes wrong after its first bytes breaks it off. */
export interface RawAnswer {
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

export function successBody({ result, messages = [], resultInfo }: Answer): object {
  return {
    success: true,
    errors: [],
    messages: messages.map((message) => ({ code: 12100, message })),
    result,
    ...(resultInfo === undefined ? {} : { result_info: resultInfo }),
  };
}

export function failureBody({ code, message }: ApiError): object {
  return { success: false, errors: [{ code, message }], messages: [], result: null };
}

/** Anything thrown as an error of the table; what is no ApiError keeps its details in the log. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof KubernetesError) return fromKubernetes(error);
  if (error instanceof StoreError) return fromStore(error);
  if (error instanceof WorkerdFailure && error.kind === "busy") return apiError("overloaded", {});
  const { status, message, code } = error as { status?: unknown; message?: unknown; code?: unknown };
  if (code === "ERR_STREAM_PREMATURE_CLOSE" || (error instanceof WorkerdFailure && error.kind === "aborted"))
    return apiError("clientGone", {});
  // express and its parsers mark what the client did wrong
  if (typeof status === "number" && status >= 400 && status < 500) {
    return apiError("invalidRequest", { problem: `the request cannot be read: ${String(message)}` });
  }
  return apiError("internal", {});
}

function fromKubernetes(error: KubernetesError): ApiError {
  const { status, reason, message, details } = error;
  if (isTemporary(error)) return apiError("unavailable", { what: "the Kubernetes API", reason });
  if (details.causes?.some((cause) => cause.reason === "NamespaceTerminating")) return apiError("namespaceEnding", {});
  if (status === 401 || (status === 403 && lacksRights(message))) return apiError("clusterDenied", {});
  // Quotas and admission policies speak to the tenant.
  if (status === 422 || status === 403) return apiError("rejectedByCluster", { message });
  return apiError("internal", {});
}

/** The words of RBAC, which are about the API's own account and not about what a tenant sent. */
function lacksRights(message: string): boolean {
  return / cannot \w+ resource /.test(message);
}

function fromStore({ kind, cause }: StoreError): ApiError {
  const { code, name } = { ...(cause as { code?: unknown; name?: unknown } | undefined) };
  const reason = [code, name].find((each) => typeof each === "string") ?? kind;
  return kind === "unreachable"
    ? apiError("unavailable", { what: "the blob store", reason })
    : apiError("storeRefused", { reason });
}

/** `page` (from 1) and `per_page` of the query, applied: what lies past the end is an empty page. */
export function paged<T>(items: readonly T[], query: URLSearchParams, defaultSize = 100): { page: T[]; info: object } {
  const number = (name: string, fallback: number, most: number) => {
    const value = Number(query.get(name) ?? fallback);
    return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : fallback;
  };
  const size = number("per_page", defaultSize, 1000);
  const current = number("page", 1, Number.MAX_SAFE_INTEGER);
  const page = items.slice((current - 1) * size, current * size);
  const total = items.length;
  return {
    page,
    info: {
      page: current,
      per_page: size,
      count: page.length,
      total_count: total,
      total_pages: Math.ceil(total / size),
    },
  };
}
