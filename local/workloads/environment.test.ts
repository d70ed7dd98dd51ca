import { describe, expect, it } from "vitest";
import type { ConfigMap, Secret } from "../../api/builtin.ts";
import { type EnvironmentSources, environmentOf, tenantEnvironmentOf } from "./environment.ts";
import type { Container } from "./template.ts";

const secrets: Record<string, Secret> = {
  s: {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: { KEY: Buffer.from("schlüssel").toString("base64") },
  },
};
const configMaps: Record<string, ConfigMap> = {
  m: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { KEY: "from the map", MORE: "1" } },
};
const sources: EnvironmentSources = {
  secret: (name) => secrets[name],
  configMap: (name) => configMaps[name],
  fields: { "metadata.namespace": "team" },
};

const environment = (container: Partial<Container>) => environmentOf({ name: "c", ...container }, sources);

describe("environmentOf", () => {
  it.each<[string, Partial<Container>, object]>([
    ["nothing", {}, {}],
    ["values", { env: [{ name: "A", value: "1" }, { name: "B" }] }, { A: "1", B: "" }],
    ["a Secret with a prefix", { envFrom: [{ prefix: "P_", secretRef: { name: "s" } }] }, { P_KEY: "schlüssel" }],
    [
      "what comes later over what came before",
      { envFrom: [{ configMapRef: { name: "m" } }, { secretRef: { name: "s" } }], env: [{ name: "MORE", value: "2" }] },
      { KEY: "schlüssel", MORE: "2" },
    ],
    [
      "a key of a Secret",
      { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "KEY" } } }] },
      { A: "schlüssel" },
    ],
    [
      "a key of a ConfigMap",
      { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "m", key: "MORE" } } }] },
      { A: "1" },
    ],
    ["a field", { env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } }] }, { A: "team" }],
    ["nothing for an optional Secret", { envFrom: [{ secretRef: { name: "none", optional: true } }] }, {}],
    [
      "nothing for an optional key",
      { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "NONE", optional: true } } }] },
      {},
    ],
    [
      "references to what was defined before",
      {
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "$(A)-$(NONE)-$$(A)" },
        ],
      },
      { A: "1", B: "1-$(NONE)-$(A)" },
    ],
  ])("gives %s", (_, container, expected) => {
    expect(environment(container)).toEqual(expected);
  });

  it.each<[Partial<Container>, string]>([
    [{ envFrom: [{ secretRef: { name: "none" } }] }, 'secret "none" not found'],
    [{ envFrom: [{ configMapRef: { name: "none" } }] }, 'configmap "none" not found'],
    [
      { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "NONE" } } }] },
      `couldn't find key NONE in Secret "s"`,
    ],
    [
      { env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }] },
      "env A: valueFrom names nothing that exists here",
    ],
  ])("waits: %j", (container, message) => {
    expect(environment(container)).toEqual({ waiting: { reason: "CreateContainerConfigError", message } });
  });
});

describe("tenantEnvironmentOf", () => {
  const tenant = (container: Partial<Container>) => tenantEnvironmentOf({ name: "c", ...container }, sources);

  it.each([
    ...["LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "GLIBC_TUNABLES", "MALLOC_CONF", "GCONV_PATH", "RES_OPTIONS"],
    ...["SSL_CERT_FILE", "NODE_OPTIONS", "NSS_PATH", "LC_ALL", "LANG", "LANGUAGE", "PATH", "HOME", "TMPDIR"],
    ...["SHELL", "IFS", "BASH_ENV", "ENV", "TZ", "PATH=/evil:"],
  ])("refuses %s", (name) => {
    const refusal = {
      waiting: { reason: "CreateContainerConfigError", message: expect.stringContaining(JSON.stringify(name)) },
    };
    expect(tenant({ env: [{ name: "A" }, { name, value: "x" }] })).toEqual(refusal);
    expect(environment({ env: [{ name, value: "x" }] })).toEqual({ [name]: "x" });
  });

  it("refuses what a prefix and a key spell together", () => {
    expect(tenant({ envFrom: [{ prefix: "LD_", configMapRef: { name: "m" } }] })).toMatchObject({
      waiting: { message: expect.stringContaining('"LD_KEY"') },
    });
  });

  it.each(["WORKER_0123456789_LD_PRELOAD", "MY_PATH", "PATHS", "ENVIRONMENT", "TZ_NAME", "HOMEPAGE"])(
    "allows %s",
    (name) => {
      expect(tenant({ env: [{ name, value: "x" }] })).toEqual({ [name]: "x" });
    },
  );

  it("still waits for what is missing", () => {
    expect(tenant({ envFrom: [{ secretRef: { name: "none" } }] })).toMatchObject({
      waiting: { message: 'secret "none" not found' },
    });
  });
});
