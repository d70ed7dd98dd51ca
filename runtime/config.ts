/**
 * The workerd configuration of a set of workers, as Cap'n Proto text. Pure: the same workers give the same text.
 *
 * Every worker has one socket without an address (`--socket-addr NAME=ADDR` supplies it), and its service has the name
 * of its socket: workerd's complaints begin with `service NAME:`, and `scriptOfService` leads back to the script.
 * One more socket, `healthSocket`, answers 200 for as long as the process does.
 */

import type { CodeBinding, CodeModule, WorkerCode } from "../api/workers/code.ts";
import { healthSocket } from "../api/workers/names.ts";
import { type Capnp, embed, list, struct, text } from "./capnp.ts";

export interface ConfiguredWorker {
  script: string;
  /** Folder of the modules, relative to the configuration file. */
  directory: string;
  code: WorkerCode;
  /** Environment variable of a secret = this + the binding's name. */
  envPrefix: string;
  /** A generated name, unique among the workers. */
  socket: string;
}

export interface WorkerdConfig {
  workers: ConfiguredWorker[];
  /** Default: a heap of 128 MB, shared by all workers of the process. */
  v8Flags?: string[];
  /** Service bindings that would stop the start because their target does not export the entrypoint. */
  missingEntrypoints?: EntrypointReference[];
}

export interface EntrypointReference {
  script: string;
  entrypoint: string;
}

/** Name of the constant that holds the configuration. */
export const configName = "config";

/** Code that no runtime could start, such as one that names a main module it does not contain. */
export class CodeError extends Error {
  readonly script: string;
  constructor(script: string, message: string) {
    super(message);
    this.name = "CodeError";
    this.script = script;
  }
}

const defaultV8Flags = ["--max-heap-size=128"];
/** Answers health checks, and in place of a worker that is not there: one missing target must not stop the start. */
const platformService = "platform";
const platformCode = `export default {
  fetch() {
    return new Response("ok\\n");
  },
};
export const missing = {
  fetch(request, env, context) {
    return new Response(context.props.message + "\\n", { status: 503 });
  },
};
`;

/** @throws CodeError when a worker's code contradicts itself. */
export function workerdConfig(config: WorkerdConfig): string {
  const { workers, v8Flags = defaultV8Flags } = config;
  const services = [...workers.map((worker) => workerService(worker, config)), platform()];
  const sockets = [...workers.map(({ socket }) => socketTo(socket, socket)), socketTo(platformService, healthSocket)];
  const body = struct({
    services: list(services),
    sockets: list(sockets),
    v8Flags: list(v8Flags.map(text)),
  });
  return `using Workerd = import "/workerd/workerd.capnp";\n\nconst ${configName} :Workerd.Config = ${body};\n`;
}

/** Every socket of the configuration with the same address, such as `127.0.0.1:0`. */
export function socketAddresses(workers: ConfiguredWorker[], address: string): Record<string, string> {
  return Object.fromEntries([...workers.map(({ socket }) => socket), healthSocket].map((socket) => [socket, address]));
}

/** The script behind a service name in workerd's messages. */
export function scriptOfService(service: string, workers: ConfiguredWorker[]): string | undefined {
  return workers.find(({ socket }) => socket === service)?.script;
}

/** The entrypoint references for which workerd's message says that the target does not export them. */
export function missingEntrypointsIn(message: string, workers: ConfiguredWorker[]): EntrypointReference[] {
  const references = workers.flatMap(({ code }) => code.bindings.flatMap(entrypointReference));
  return references.filter(({ script, entrypoint }) => {
    const socket = workers.find((worker) => worker.script === script)?.socket;
    return message.includes(`refers to service "${socket}" with a named entrypoint "${entrypoint}"`);
  });
}

function entrypointReference(binding: CodeBinding): EntrypointReference[] {
  if (binding.type !== "service" || binding.entrypoint === undefined) return [];
  return [{ script: binding.service, entrypoint: binding.entrypoint }];
}

function workerService(worker: ConfiguredWorker, config: WorkerdConfig): Capnp {
  const { code, socket } = worker;
  const fields = struct({
    ...program(worker),
    compatibilityDate: text(code.compatibilityDate),
    compatibilityFlags: list(code.compatibilityFlags.map(text)),
    bindings: list(code.bindings.map((binding) => struct(bindingFields(binding, worker, config)))),
  });
  return struct({ name: text(socket), worker: fields });
}

function program(worker: ConfiguredWorker): Record<string, Capnp> {
  const { code } = worker;
  const main = moduleNamed(code.mainModule, worker, "the main module");
  if (code.format === "service-worker") return { serviceWorkerScript: moduleFile(main, worker) };
  const others = code.modules.filter((module) => module !== main);
  return { modules: list([main, ...others].map((module) => moduleFields(module, worker))) };
}

function moduleFields(module: CodeModule, worker: ConfiguredWorker): Capnp {
  return struct({ name: text(module.name), [module.type]: moduleFile(module, worker) });
}

function moduleNamed(name: string, { code, script }: ConfiguredWorker, role: string): CodeModule {
  const module = code.modules.find((candidate) => candidate.name === name);
  if (!module) throw new CodeError(script, `${role} ${JSON.stringify(name)} is not among the uploaded modules`);
  return module;
}

const safePath = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

function moduleFile(module: CodeModule, { directory, script }: ConfiguredWorker): Capnp {
  for (const part of [...directory.split("/"), module.path]) {
    if (!safePath.test(part)) throw new CodeError(script, `${JSON.stringify(part)} is no generated file name`);
  }
  return embed(`${directory}/${module.path}`);
}

function bindingFields(
  binding: CodeBinding,
  worker: ConfiguredWorker,
  config: WorkerdConfig,
): Record<string, Capnp | undefined> {
  const name = text(binding.name);
  switch (binding.type) {
    case "plain_text":
      return { name, text: text(binding.text) };
    case "json":
      return { name, json: text(JSON.stringify(binding.json ?? null)) };
    case "secret_text":
      return { name, fromEnvironment: text(worker.envPrefix + binding.name) };
    case "service":
      return { name, service: serviceTarget(binding, config) };
    default:
      return { name, ...partFields(binding, worker) };
  }
}

type PartBinding = Extract<CodeBinding, { part: string }>;
const partField = { wasm_module: "wasmModule", text_blob: "text", data_blob: "data" } as const;

function partFields(binding: PartBinding, worker: ConfiguredWorker): Record<string, Capnp> {
  const module = moduleNamed(binding.part, worker, `the part of the binding ${JSON.stringify(binding.name)},`);
  return { [partField[binding.type]]: moduleFile(module, worker) };
}

type ServiceBinding = Extract<CodeBinding, { type: "service" }>;

function serviceTarget(binding: ServiceBinding, { workers, missingEntrypoints = [] }: WorkerdConfig): Capnp {
  const { service, entrypoint } = binding;
  const target = workers.find(({ script }) => script === service);
  if (!target) return missingTarget(`Worker ${JSON.stringify(service)} is not deployed in this account.`);
  const isMissing = missingEntrypoints.some(
    (missing) => missing.script === service && missing.entrypoint === entrypoint,
  );
  if (isMissing) return missingTarget(`Worker ${JSON.stringify(service)} exports no entrypoint "${entrypoint}".`);
  return struct({ name: text(target.socket), entrypoint: entrypoint === undefined ? undefined : text(entrypoint) });
}

function missingTarget(message: string): Capnp {
  return struct({
    name: text(platformService),
    entrypoint: text("missing"),
    props: struct({ json: text(JSON.stringify({ message })) }),
  });
}

function platform(): Capnp {
  const module = struct({ name: text("platform.js"), esModule: text(platformCode) });
  return struct({
    name: text(platformService),
    worker: struct({ modules: list([module]), compatibilityDate: text("2026-01-01") }),
  });
}

function socketTo(service: string, name: string): Capnp {
  return struct({ name: text(name), http: struct({}), service: text(service) });
}
