import { describe, expect, test } from "vitest";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { credentials, jobBuilder, settings, workerBundle } from "../../test/objects/workers.ts";
import { credentialFiles, pullSecrets } from "./credentials.ts";
import { buildJob } from "./job-builder.job.ts";
import { deploymentOf } from "./worker-bundle.deployment.ts";

const named: WorkersSettings = { ...settings, credentials };

test("every credential is a file in a folder of its own, with the mode that is stored", () => {
  expect(credentialFiles(named)).toEqual({
    env: {
      DOCKER_CONFIG: "/etc/octoplane/registry",
      AWS_SHARED_CREDENTIALS_FILE: "/etc/octoplane/s3/credentials",
      AWS_CONFIG_FILE: "/etc/octoplane/aws/config",
    },
    volumes: [
      {
        name: "registry",
        secret: {
          secretName: "docker-hub",
          items: [{ key: ".dockerconfigjson", path: "config.json" }],
          defaultMode: 0o440,
        },
      },
      {
        name: "s3",
        secret: {
          secretName: "s3-credentials",
          items: [{ key: "credentials", path: "credentials" }],
          defaultMode: 0o440,
        },
      },
      {
        name: "aws",
        configMap: { name: "aws-config", items: [{ key: "config", path: "config" }], defaultMode: 0o440 },
      },
    ],
    volumeMounts: [
      { name: "registry", mountPath: "/etc/octoplane/registry", readOnly: true },
      { name: "s3", mountPath: "/etc/octoplane/s3", readOnly: true },
      { name: "aws", mountPath: "/etc/octoplane/aws", readOnly: true },
    ],
  });
});

test.each<[string, WorkersSettings["credentials"]]>([
  ["no credentials are named", {}],
  ["nothing is said of credentials", undefined],
])("where %s there are no files", (_, credentials) => {
  const own = credentials === undefined ? settings : { ...settings, credentials };
  expect(credentialFiles(own)).toEqual({ env: {}, volumes: [], volumeMounts: [] });
  expect(pullSecrets(own)).toEqual({});
});

describe("images are pulled", () => {
  test.each<[string, string | undefined, WorkersSettings, string | undefined]>([
    ["with the account's own Secret", "mine", settings, "mine"],
    ["with the account's own Secret rather than the installation's", "mine", named, "mine"],
    ["with the installation's where the account names none", undefined, named, "docker-hub"],
    ["with the installation's where the account's is empty, as in the original", "", named, "docker-hub"],
    ["without any", "", settings, undefined],
  ])("%s", (_, own, from, name) => {
    expect(pullSecrets(from, own)).toEqual(name === undefined ? {} : { imagePullSecrets: [{ name }] });
  });
});

describe("who gets what", () => {
  const build = buildJob(jobBuilder(), 1, named).spec?.template.spec;
  const workers = deploymentOf(workerBundle(), undefined, named).spec?.template.spec;

  test("a build reads every credential and is pulled with the installation's", () => {
    const { env, volumes, volumeMounts } = credentialFiles(named);
    expect(build?.volumes).toEqual(expect.arrayContaining(volumes));
    expect(build?.containers[0]?.volumeMounts).toEqual(expect.arrayContaining(volumeMounts));
    const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
    expect(build?.containers[0]?.env).toEqual(expect.arrayContaining(variables));
    expect(build?.imagePullSecrets).toEqual([{ name: "docker-hub" }]);
  });

  test("tenants' pods are pulled with them and see none", () => {
    expect(workers?.imagePullSecrets).toEqual([{ name: "docker-hub" }]);
    expect(workers).not.toHaveProperty("volumes");
    expect(workers?.containers[0]).not.toHaveProperty("env");
  });
});
