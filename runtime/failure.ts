/** Why a workerd process ended, and what of its error output a user should read. */

/** No worker is to blame for `unavailable` (the executable itself could not be run), `busy` (it was never run) and `aborted`. */
export type FailureKind = "exit" | "timeout" | "memory" | "aborted" | "busy" | "unavailable";

export class WorkerdFailure extends Error {
  readonly kind: FailureKind;
  /** Name of the service that workerd complained about. */
  readonly service: string | undefined;
  constructor(kind: FailureKind, message: string, service?: string) {
    super(message);
    this.name = "WorkerdFailure";
    this.kind = kind;
    this.service = service;
  }
}

export function timeFailure(limitMs: number): WorkerdFailure {
  return new WorkerdFailure("timeout", `the start exceeded its time limit of ${limitMs / 1000} s`);
}

export function memoryFailure(limitBytes?: number): WorkerdFailure {
  const amount = limitBytes === undefined ? "" : ` of ${Math.round(limitBytes / 2 ** 20)} MiB`;
  return new WorkerdFailure("memory", `the worker exceeded its memory limit${amount}`);
}

const outOfMemory = /location = Reached heap limit|JavaScript heap out of memory/;

/** The failure of a process that ended by itself; `errors` is what it wrote last. */
export function exitFailure(code: number | null, signal: NodeJS.Signals | null, errors: string): WorkerdFailure {
  const crashed = signal !== null || errors.includes("*** Received signal");
  if (signal === "SIGKILL" || (crashed && outOfMemory.test(errors))) return memoryFailure();
  const message = errors.trim() || `workerd ended with ${signal ?? `exit code ${code}`}`;
  return new WorkerdFailure("exit", message, complainedService(errors));
}

const complaint = /^(?:service (?<service>\S+): |Worker "(?<worker>[^"\n]+)"'s binding )/m;

/** The service of the first complaint. A worker's own output can look like one: confirm it before blaming anybody. */
function complainedService(errors: string): string | undefined {
  const found = complaint.exec(errors)?.groups;
  return found?.service ?? found?.worker;
}

const longestMessage = 4000;

/**
 * What a worker's author needs of workerd's error output: the complaint about `service` with the worker's own stack,
 * without service names, native stacks and log prefixes.
 */
export function authorMessage(errors: string, service: string, mainModule: string): string {
  const prefix = `service ${service}: `;
  const found = errors.startsWith(prefix) ? 0 : errors.indexOf(`\n${prefix}`) + 1;
  const complaint = errors.slice(found).replaceAll(prefix, "");
  const told = /^Uncaught Error: internal error; reference = /.test(complaint) ? innerReason(errors) : complaint;
  return withoutNoise(told).replaceAll(service, mainModule).slice(0, longestMessage).trim();
}

/** workerd hides some reasons behind a reference number and logs them beside it. */
function innerReason(errors: string): string {
  const reason = /failed: (?:expected [^;\n]*; )?([^;\n]+)/.exec(errors)?.[1];
  return reason ?? "the runtime refused the worker without a reason";
}

const noise = [/^stack: .*$/gm, /^\*\*\* .*$/gm, /^\S+\.(c\+\+|h|rs):\d+: (\w+: )+/gm, /; sentryErrorContext = .*$/gm];

function withoutNoise(text: string): string {
  const plain = noise.reduce((rest, pattern) => rest.replaceAll(pattern, ""), text);
  return plain.replace(" To use this flag, you must pass --experimental on the command line.", "");
}
