import { record } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { immutable, struct, text, time } from "../schema.ts";
import { dnsLabel, group, version } from "./fields.ts";

export const WorkerSubdomain = record({
  group,
  version,
  kind: "WorkerSubdomain",
  plural: "workersubdomains",
  shortNames: ["wsub"],
  description:
    "WorkerSubdomain is the claim of a WorkerAccount, whose name it has, to its id and to its subdomain. Among the claims to the same, in whatever namespaces, the oldest holds it; deleting a claim gives both up. WorkerAccounts make their own: nobody else should.",
  spec: struct("What is claimed.", {
    account: text("Account id that is claimed since the object exists.", {
      pattern: dnsLabel,
      maxLength: 63,
      rules: [immutable],
    }),
    subdomain: text("DNS label that is claimed: the account's hosts lie below it.", {
      pattern: dnsLabel,
      maxLength: 63,
    }),
    since: time("When the subdomain was claimed; a change of it is a new claim."),
  }),
  columns: [
    { name: "Account", type: "string", jsonPath: ".spec.account" },
    { name: "Subdomain", type: "string", jsonPath: ".spec.subdomain" },
    { name: "Since", type: "date", jsonPath: ".spec.since" },
  ],
});
export type WorkerSubdomain = ObjectOf<typeof WorkerSubdomain>;
