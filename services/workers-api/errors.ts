/**
 * Every refusal of the API: one table of code, HTTP status and message. wrangler acts on some codes (10000, 10007,
 * 10021, 10027, 10057, 10090, 10215, 10220, 10222); codes from 12000 on are Octoplane's own and are only printed.
 * wrangler sends an upload again, twice, when the status is 5xx, and newer ones also for 429.
 */

interface Entry {
  code: number;
  status: number;
  /** `{name}` is filled in from the details. */
  message: string;
  /** Seconds after which it is worth to try again: `Retry-After`. */
  retryAfter?: number;
}

export const errors = {
  authentication: { code: 10000, status: 403, message: "Authentication error: {reason}" },
  noRoute: {
    code: 7003,
    status: 404,
    message: "{method} {path} is not part of the Cloudflare API that this platform serves",
  },

  scriptNotFound: { code: 10007, status: 404, message: "Worker {script} does not exist in this account" },
  serviceNotFound: { code: 10090, status: 404, message: "Worker {script} does not exist in this account" },
  versionNotFound: { code: 12001, status: 404, message: "version {version} of Worker {script} does not exist" },
  deploymentNotFound: {
    code: 12017,
    status: 404,
    message: "deployment {deployment} of Worker {script} does not exist",
  },
  secretNotFound: { code: 10056, status: 404, message: "Worker {script} has no secret {name}" },
  noVersions: { code: 10222, status: 404, message: "Worker {script} has no versions" },

  invalidRequest: { code: 12002, status: 400, message: "{problem}" },
  invalidScriptName: {
    code: 12003,
    status: 400,
    message:
      "Worker name {name}: must be 1 to 63 letters, digits, dashes and underscores and must not begin or end with a dash",
  },
  invalidUpload: { code: 10021, status: 400, message: "{problem}" },
  scriptRejected: { code: 10021, status: 400, message: "{message}" },
  codeTooLarge: { code: 10027, status: 413, message: "{problem}" },
  bodyTooLarge: { code: 12004, status: 413, message: "the request body is larger than {limit} bytes" },
  uploadTooSlow: { code: 12025, status: 408, message: "the upload {problem}" },
  unsupported: { code: 12005, status: 400, message: "{field}: {what} not supported by this platform" },
  unsupportedRequest: { code: 12005, status: 400, message: "{what} not supported by this platform{note}" },
  inheritInvalid: {
    code: 10057,
    status: 400,
    message: "inherit binding '{name}' is invalid: the previous version of the Worker has no binding of that name",
  },

  serviceBindingNotFound: {
    code: 10143,
    status: 400,
    message:
      "could not resolve service binding '{name}': this account has no Worker '{service}'. Deploy that one first; of two that need each other, deploy one without its binding first",
  },

  ownedByTemplate: {
    code: 12006,
    status: 409,
    message:
      "Worker {script} is managed with kubectl: WorkerDeployment {object} has a spec.template, so the API does not change it",
  },
  tooManyScripts: { code: 12007, status: 400, message: "account {account} has {limit} Workers, which is the most" },
  latestNotDeployed: {
    code: 10215,
    status: 400,
    message:
      "the latest version of Worker {script} is not deployed, so its secrets can only be changed with `versions secret`",
  },
  secretsChanged: { code: 10220, status: 400, message: "The following secrets have changed: {names}" },
  secretsGone: {
    code: 12009,
    status: 409,
    message: "the secret values of version {version} are gone: Secret {secret} does not exist",
  },
  foreignCode: {
    code: 12018,
    status: 409,
    message: "the code at {url} does not lie in this account's part of the blob store",
  },
  stillReferenced: {
    code: 12010,
    status: 409,
    message: "Worker {script} is bound by {others}; delete with force to break these bindings",
  },
  subdomainFixed: {
    code: 12011,
    status: 400,
    message:
      "the subdomain of account {account} is {subdomain}; an administrator sets it in WorkerAccount.spec.subdomain",
  },

  buildFailed: { code: 12012, status: 422, message: "version {version} is deployed but does not serve: {message}" },
  refusedByAccount: { code: 12013, status: 409, message: "Worker {script} does not serve ({reason}): {message}" },

  obstructed: {
    code: 12026,
    status: 422,
    message: "version {version} is deployed and does not serve yet; it will when this is mended: {message}",
  },

  tooManyRequests: {
    code: 971,
    status: 429,
    message:
      "Please wait and consider throttling your request speed: account {account} has too many {what} under way ({message})",
    retryAfter: 5,
  },
  overloaded: {
    code: 12019,
    status: 503,
    message: "the platform takes in too many uploads at the moment; try again",
    retryAfter: 10,
  },
  stopping: { code: 12020, status: 503, message: "the Workers API is being restarted; try again", retryAfter: 1 },
  clientGone: { code: 12021, status: 499, message: "the client has gone away" },
  busy: {
    code: 12014,
    status: 503,
    message: "Worker {script} is being changed by others at the moment; try again",
    retryAfter: 1,
  },
  unavailable: {
    code: 12015,
    status: 503,
    message: "{what} cannot be reached at the moment ({reason}); try again",
    retryAfter: 5,
  },
  storeRefused: {
    code: 12022,
    status: 500,
    message: "the blob store does not work for the platform ({reason}); its administrator has to mend that",
  },
  clusterDenied: {
    code: 12023,
    status: 500,
    message: "the cluster does not allow the Workers API what this takes; its administrator has to mend that",
  },
  namespaceEnding: { code: 12024, status: 409, message: "the namespace of the account is being deleted" },
  rejectedByCluster: { code: 12016, status: 400, message: "the cluster refused the change: {message}" },
  internal: { code: 12000, status: 500, message: "an internal error; the log of the Workers API has the details" },
} as const satisfies Record<string, Entry>;

export type ErrorName = keyof typeof errors;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
export type Details<Name extends ErrorName> = Record<Placeholders<(typeof errors)[Name]["message"]>, string | number>;

export class ApiError extends Error {
  readonly error: ErrorName;
  readonly code: number;
  readonly status: number;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  constructor(error: ErrorName, message: string) {
    super(message);
    const { code, status, retryAfter }: Entry = errors[error];
    this.name = "ApiError";
    this.error = error;
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** An error of the table with its placeholders filled in. */
export function apiError<Name extends ErrorName>(name: Name, details: Details<Name>): ApiError {
  const values: Record<string, string | number> = details;
  const message = errors[name].message.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ""));
  return new ApiError(name, message);
}
