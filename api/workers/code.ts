/**
 * The code of one WorkerVersion as it lies in the blob store: `<url>/worker.json` describes it, its modules lie beside
 * it under the generated names `path`. The API writes it, the builder and the runtime read it.
 */

/** workerd's module types; one to one with the content types of an upload. */
export const moduleTypes = ["esModule", "commonJsModule", "text", "data", "wasm", "json", "pythonModule"] as const;
export type ModuleType = (typeof moduleTypes)[number];

export interface CodeModule {
  /** The name that other modules import; as uploaded, so never used as a path. */
  name: string;
  type: ModuleType;
  /** Generated file name beside worker.json: `m0`, `m1`, ... */
  path: string;
  /** Bytes. */
  size: number;
  /** Hex. */
  sha256: string;
}

export type CodeBinding =
  | { type: "plain_text"; name: string; text: string }
  | { type: "json"; name: string; json: unknown }
  /** The value comes from the environment (`envPrefix(script) + name`); it is never part of the code. */
  | { type: "secret_text"; name: string }
  | { type: "service"; name: string; service: string; entrypoint?: string }
  /** wasm, text and data files of a service-worker-format script; `part` is the name of a module. */
  | { type: "wasm_module" | "text_blob" | "data_blob"; name: string; part: string };

export interface WorkerCode {
  format: "modules" | "service-worker";
  /** Name of the main module, or of the script itself in service-worker format. */
  mainModule: string;
  modules: CodeModule[];
  /** `YYYY-MM-DD`. */
  compatibilityDate: string;
  compatibilityFlags: string[];
  bindings: CodeBinding[];
}

/** The file that describes a version's code. */
export const codeFile = "worker.json";
