/** The modules of an upload: what their content types mean. */

import type { CodeModule, ModuleType } from "../../api/workers/code.ts";
import { apiError } from "./errors.ts";
import type { UploadedPart } from "./upload.ts";

const moduleTypes: Record<string, ModuleType> = {
  "application/javascript+module": "esModule",
  "text/javascript+module": "esModule",
  "application/javascript": "commonJsModule",
  "text/javascript": "commonJsModule",
  "application/json": "json",
  "application/wasm": "wasm",
  "application/octet-stream": "data",
  "text/plain": "text",
};

/** The content type that wrangler uploads a module of that type with. */
export function contentTypeOf(type: ModuleType): string {
  const known = Object.entries(moduleTypes).find(([, each]) => each === type);
  return known?.[0] ?? "application/octet-stream";
}

/** Only for people's debuggers; the runtime has no use for it. */
const sourceMap = "application/source-map";
const pythonTypes = new Set(["text/x-python", "text/x-python-requirement"]);
const mostModules = 1024;
const largestCode = 64 * 2 ** 20;

function moduleOf({ name, contentType, path, size, sha256 }: UploadedPart): CodeModule {
  const field = `part ${JSON.stringify(name)}`;
  if (pythonTypes.has(contentType)) throw apiError("unsupported", { field, what: "Python Workers are" });
  const type = moduleTypes[contentType];
  if (type === undefined) {
    const known = Object.keys(moduleTypes).join(", ");
    throw apiError("invalidUpload", {
      problem: `${field} has the content type ${contentType}; it must be one of ${known}`,
    });
  }
  return { name, type, path, size, sha256 };
}

/** @throws ApiError */
export function modulesOf(parts: readonly UploadedPart[]): CodeModule[] {
  const modules = parts.filter(({ contentType }) => contentType !== sourceMap).map(moduleOf);
  if (modules.length > mostModules) {
    throw apiError("invalidUpload", {
      problem: `the Worker has ${modules.length} modules; at most ${mostModules} are allowed`,
    });
  }
  const size = modules.reduce((sum, module) => sum + module.size, 0);
  if (size > largestCode) {
    throw apiError("codeTooLarge", {
      problem: `the Worker's modules have ${size} bytes; at most ${largestCode} are allowed`,
    });
  }
  return modules;
}
