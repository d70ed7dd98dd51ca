/** Reads the description of a code (`worker.json`) without trusting its shape. */

import { type CodeBinding, type CodeModule, moduleTypes, type WorkerCode } from "../../api/workers/code.ts";

const bindingTypes = ["plain_text", "json", "secret_text", "service", "wasm_module", "text_blob", "data_blob"];

/** @returns the code, or in words what is wrong with the description */
export function describedCode(bytes: Uint8Array): WorkerCode | string {
  const code = parsed(bytes);
  if (code === undefined) return "the description of the code is no JSON object";
  const { format, mainModule, modules, compatibilityDate, compatibilityFlags, bindings } = code;
  if (format !== "modules" && format !== "service-worker") return `unknown format ${JSON.stringify(format)}`;
  if (typeof mainModule !== "string") return "the description of the code names no main module";
  if (typeof compatibilityDate !== "string") return "the description of the code has no compatibility date";
  if (!isListOf(compatibilityFlags, (flag) => typeof flag === "string")) return "compatibilityFlags must be texts";
  if (!isListOf(modules, isModule)) return "the description of the code has a malformed module";
  if (!isListOf(bindings, isNamed)) return "the description of the code has a malformed binding";
  const unknown = bindings.find(({ type }) => !bindingTypes.includes(type));
  if (unknown)
    return `the binding ${JSON.stringify(unknown.name)} has the unsupported type ${JSON.stringify(unknown.type)}`;
  return { format, mainModule, modules, compatibilityDate, compatibilityFlags, bindings };
}

function parsed(bytes: Uint8Array): Partial<WorkerCode> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isListOf<T>(value: T[] | undefined, isItem: (item: T) => boolean): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isNamed(binding: CodeBinding | null): boolean {
  return typeof binding?.name === "string" && typeof binding.type === "string";
}

function isModule(module: CodeModule | null): boolean {
  return (
    typeof module?.name === "string" &&
    moduleTypes.includes(module.type) &&
    /^m\d{1,4}$/.test(module.path) &&
    Number.isSafeInteger(module.size) &&
    /^[0-9a-f]{64}$/.test(module.sha256)
  );
}
