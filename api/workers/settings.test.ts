import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { credentials, settings } from "../../test/objects/workers.ts";
import { workersSettings } from "./settings.ts";

const formats = { int32: true, int64: true } as const;
const validate = new Ajv({ strict: false, allErrors: true, formats }).compile(workersSettings);

/** What is wrong with the settings: field, rule, and the field that is too much or missing. */
function problems(over: object): string[] {
  validate({ ...settings, ...over });
  return (validate.errors ?? []).map(({ instancePath, keyword, params }) => {
    const { additionalProperty, missingProperty } = params as Record<string, string | undefined>;
    return [instancePath, keyword, additionalProperty ?? missingProperty]
      .filter((part) => part !== undefined)
      .join(" ");
  });
}

describe("settings are accepted", () => {
  test.each<[string, object]>([
    ["without credentials and network", {}],
    ["with both, empty", { credentials: {}, network: { dns: {}, ingressFrom: {} } }],
    ["with names of credentials", { credentials }],
    [
      "with a resolver and an Ingress controller outside of pods",
      {
        network: {
          dns: { cidrs: ["192.0.2.53/32", "fd00::53/128"], port: 1053 },
          ingressFrom: { cidrs: ["192.0.2.1/32"] },
        },
      },
    ],
    [
      "with other pods for both",
      { network: { dns: { namespace: "dns", podLabels: { app: "dns" } }, ingressFrom: { namespaces: ["traefik"] } } },
    ],
  ])("%s", (_, over) => {
    expect(problems(over)).toEqual([]);
  });
});

describe("settings are refused", () => {
  test.each<[string, object, string[]]>([
    ["with a misspelt field", { domains: "x" }, [" additionalProperties domains"]],
    ["with a misspelt credential", { credentials: { s3secret: "x" } }, ["/credentials additionalProperties s3secret"]],
    ["with a name that no object can have", { credentials: { s3Secret: "S3" } }, ["/credentials/s3Secret pattern"]],
    [
      "with an address that is no block",
      { network: { dns: { cidrs: ["10.0.0.1"] } } },
      ["/network/dns/cidrs/0 pattern"],
    ],
    [
      "with no addresses, which could mean all",
      { network: { ingressFrom: { cidrs: [] } } },
      ["/network/ingressFrom/cidrs minItems"],
    ],
    [
      "with no namespaces, which could mean all",
      { network: { ingressFrom: { namespaces: [] } } },
      ["/network/ingressFrom/namespaces minItems"],
    ],
    [
      "with no labels, which could mean all",
      { network: { dns: { podLabels: {} } } },
      ["/network/dns/podLabels minProperties"],
    ],
  ])("%s", (_, over, expected) => {
    expect(problems(over)).toEqual(expected);
  });
});
