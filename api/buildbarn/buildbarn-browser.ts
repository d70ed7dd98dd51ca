import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { optional, struct, text } from "../schema.ts";
import {
  componentFields,
  disruptionBudget,
  ingress,
  optionalName,
  serviceType,
  storageClientFields,
} from "./fields.ts";
import { group, version } from "./names.ts";
import { childNameRule, configShardsRule } from "./rules.ts";
import { clientStatus, summaryColumns } from "./status.ts";
import { auth, clientTls } from "./trust.ts";

export const BuildbarnBrowser = kind({
  group,
  version,
  kind: "BuildbarnBrowser",
  plural: "buildbarnbrowsers",
  shortNames: ["bbbr"],
  description: "BuildbarnBrowser shows actions, their inputs and outputs as web pages.",
  spec: struct(
    "How people look at actions.",
    {
      ...componentFields({ name: "bb-browser", replicas: 3 }),
      ...storageClientFields,
      serviceType,
      ingressHost: optionalName("Host of an Ingress, where ingress says nothing; empty means no Ingress."),
      ingress,
      externalUrl: optional(
        text("URL by which people reach it; other programs link to it. Default: that of the Ingress.", {
          pattern: "^https?://[^ ]+$",
          maxLength: 1024,
        }),
      ),
      disruptionBudget,
      clientTls,
      auth: auth(["view"]),
    },
    { rules: [configShardsRule] },
  ),
  status: { ...clientStatus, url: optional(text("URL by which people reach it.")) },
  summaryColumns,
  columns: [
    { name: "URL", type: "string", jsonPath: ".status.url" },
    { name: "Storage", type: "string", jsonPath: ".status.storage.name", priority: 1 },
    { name: "Version", type: "string", jsonPath: ".status.version", priority: 1 },
  ],
  rules: [childNameRule],
});
export type BuildbarnBrowser = ObjectOf<typeof BuildbarnBrowser>;
