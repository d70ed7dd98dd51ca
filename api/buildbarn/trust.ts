/** Who may do what, and how programs know each other: fields of TLS and rights. */

import type { Static } from "typebox";
import { choice, defaulted, flag, list, optional, struct, text } from "../schema.ts";
import { objectName } from "./fields.ts";
import { expressionRule, instanceNameRule, prefixesRule } from "./rules.ts";

export const tls = optional(
  struct(
    "TLS of the gRPC servers. Clients on this platform follow by themselves. The certificate must name the addresses that they use, for example *.storage.buildbarn.",
    {
      secretName: objectName(
        "Secret with tls.crt, tls.key and ca.crt, as cert-manager makes them. A renewed pair is used within a minute, another ca.crt when pods start.",
      ),
      clientCertificates: defaulted(flag("Whether clients must show a certificate that ca.crt signed.", false)),
    },
  ),
);
export type Tls = NonNullable<Static<typeof tls>>;

export const clientTls = optional(
  struct("What this program shows to servers that ask for client certificates.", {
    secretName: objectName(
      "Secret with tls.crt and tls.key, as cert-manager makes them; a renewed pair is used within a minute.",
    ),
  }),
);

const authorizer = (what: string) =>
  optional(
    struct(
      `Who may ${what}. Default: everybody who is let in.`,
      {
        policy: choice("How it is decided.", ["Allow", "Deny", "InstanceNamePrefixes", "Expression"]),
        instanceNamePrefixes: optional(
          list(
            "With policy InstanceNamePrefixes: instance names that start with one of them are allowed.",
            text("A prefix; an empty one means every instance name.", { maxLength: 256, rules: [instanceNameRule] }),
            { minItems: 1, maxItems: 64 },
          ),
        ),
        expression: optional(
          text("With policy Expression: JMESPath over authenticationMetadata and instanceName.", {
            minLength: 1,
            maxLength: 4096,
          }),
        ),
      },
      { rules: [prefixesRule, expressionRule] },
    ),
  );
export type Authorizer = NonNullable<Static<ReturnType<typeof authorizer>>>;

/** What may be allowed or not: the name of the right, and what it lets one do. */
const rights = {
  get: "read blobs",
  put: "write blobs",
  findMissing: "ask which blobs are there",
  execute: "run actions",
  modifyDrains: "take workers out of service",
  killOperations: "end running actions",
  synchronize: "be a worker",
  view: "see pages",
} as const;
export type Right = keyof typeof rights;

export const auth = <R extends Right>(names: readonly R[]) =>
  optional(
    struct(
      "Who may do what.",
      Object.fromEntries(names.map((name) => [name, authorizer(rights[name])])) as {
        [Name in R]: ReturnType<typeof authorizer>;
      },
    ),
  );
