/** What goes wrong with a store. Only `unreachable` may heal by itself within seconds; `unwritable` is full or read-only. */

export type StoreFailure = "unreachable" | "unwritable" | "denied" | "missing" | "refused" | "invalid" | "unsupported";

export class StoreError extends Error {
  readonly kind: StoreFailure;
  constructor(kind: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.kind = kind;
  }
}

/** The registry does not allow deletions, so that old tags stay until its operator removes them. */
export class PurgeUnsupported extends StoreError {
  constructor(reference: string) {
    super("unsupported", `the registry does not support deleting ${reference}`);
    this.name = "PurgeUnsupported";
  }
}

export function isTransient(error: unknown): boolean {
  return error instanceof StoreError && error.kind === "unreachable";
}
