import { record } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { anything, choice, immutable, list, long, optional, struct, text } from "../schema.ts";
import { moduleTypes } from "./code.ts";
import { accountName, compatibilityDate, group, scriptName, scriptsUrls, secretNames, version } from "./fields.ts";

const module = struct("One module of the code.", {
  name: text("Name as uploaded.", { maxLength: 1024 }),
  type: choice("Type as workerd knows it.", moduleTypes),
  size: long("Bytes.", { minimum: 0 }),
  sha256: text("Hex.", { maxLength: 64 }),
});

const binding = struct("One binding of the code.", {
  name: text("Name in the code.", { maxLength: 256 }),
  type: text("Type as wrangler knows it: plain_text, json, secret_text, service, ...", { maxLength: 64 }),
  text: optional(text("Value of plain_text.")),
  json: optional(anything("Value of json.")),
  service: optional(text("Target script of service.", { maxLength: 63 })),
  entrypoint: optional(text("Entrypoint of the target.", { maxLength: 256 })),
  part: optional(text("Module of wasm_module, text_blob and data_blob.", { maxLength: 1024 })),
});

export const WorkerVersion = record({
  group,
  version,
  kind: "WorkerVersion",
  plural: "workerversions",
  shortNames: ["wver"],
  description:
    "WorkerVersion is the immutable record of one upload: where the code lies and what it needs. It belongs to a WorkerDeployment, which keeps as many as its history wants.",
  spec: struct(
    "What was uploaded.",
    {
      accounts: accountName("Account id: the name of the WorkerAccount."),
      scripts: scriptName("Name of the script."),
      url: text("Blob prefix of the code, inside the account's own prefix.", { maxLength: 1024 }),
      digest: optional(text("SHA-256 of the code's description, hex.", { pattern: "^[0-9a-f]{64}$" })),
      sequence: optional(long("Number of the version within its script.", { minimum: 1 })),
      format: optional(choice("How the code is written.", ["modules", "service-worker"])),
      mainModule: optional(text("Name of the main module.", { maxLength: 1024 })),
      modules: optional(list("The modules.", module, { maxItems: 1024 })),
      compatibilityDate: optional(compatibilityDate("workerd's compatibility date.")),
      compatibilityFlags: optional(list("workerd's compatibility flags.", text("A flag.", { maxLength: 128 }))),
      bindings: optional(list("The bindings; values of plain text and json only.", binding, { maxItems: 512 })),
      secretRef: optional(text("Secret with the values of the secret bindings.", { maxLength: 253 })),
      scriptsUrls: optional(scriptsUrls("Files of the code, for a version that a template made.")),
      secretNames: optional(secretNames("Secret bindings, for a version that a template made.")),
      createdOn: optional(text("RFC 3339 time with milliseconds.", { maxLength: 40 })),
      author: optional(text("Who made it.", { maxLength: 253 })),
      source: optional(text("What made it, for example wrangler.", { maxLength: 64 })),
      triggeredBy: optional(text("What asked for it: upload or secret.", { maxLength: 64 })),
      message: optional(text("Free text of the author.", { maxLength: 1000 })),
      tag: optional(text("Tag of the author.", { maxLength: 1000 })),
      startupTimeMs: optional(long("Time that the code took to start, in milliseconds.")),
      handlers: optional(list("Event handlers that the code exports.", text("A handler."))),
    },
    { rules: [immutable] },
  ),
  columns: [
    { name: "Account", type: "string", jsonPath: ".spec.accounts" },
    { name: "Script", type: "string", jsonPath: ".spec.scripts" },
    { name: "Number", type: "integer", jsonPath: ".spec.sequence" },
  ],
});
export type WorkerVersion = ObjectOf<typeof WorkerVersion>;
