import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { listen } from "../installation/http-server.ts";
import { readS3Profile } from "./aws-files.ts";
import { openBlobStore } from "./blob.ts";
import { temporaryFolder } from "./test-folder.ts";

const credentials = "[default]\naws_access_key_id = SCWXXXXXXXX\naws_secret_access_key = a-secret\n";

/** The environment of a program with both files mounted. */
async function mounted(config: string, keys = credentials): Promise<NodeJS.ProcessEnv> {
  const HOME = await temporaryFolder();
  const env = { HOME, AWS_CONFIG_FILE: join(HOME, "config"), AWS_SHARED_CREDENTIALS_FILE: join(HOME, "credentials") };
  await writeFile(env.AWS_CONFIG_FILE, config);
  await writeFile(env.AWS_SHARED_CREDENTIALS_FILE, keys);
  return env;
}

/** An S3 server that has nothing, and the paths, regions and keys that it is asked with. */
async function s3Server() {
  const asked: { path: string; region: string; key: string }[] = [];
  const server = createServer((request, response) => {
    const [, key = "", region = ""] =
      /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? "") ?? [];
    asked.push({ path: new URL(request.url ?? "", "http://s3").pathname, region, key });
    response.writeHead(404, { "content-type": "application/xml" });
    response.end("<Error><Code>NoSuchKey</Code></Error>");
  });
  onTestFinished(() => server.closeAllConnections());
  // By name: with an address the bucket is in the path anyway.
  return { url: (await listen(server, 0, "127.0.0.1")).replace("127.0.0.1", "localhost"), asked };
}

test("the documented ConfigMap and credentials file say everything", async () => {
  const configMap = readFileSync(join(import.meta.dirname, "fixtures", "configmap-aws.yaml"), "utf8");
  const { data } = parse(configMap) as { data: { config: string } };
  expect(await readS3Profile(await mounted(data.config))).toEqual({
    endpoint: "https://s3.fr-par.scw.cloud",
    region: "fr-par",
    accessKey: { accessKeyId: "SCWXXXXXXXX", secretAccessKey: "a-secret" },
  });
});

test.each([
  ["nested under s3", "[default]\nendpoint_url = http://all\ns3 =\n  endpoint_url = http://s3\n", {}, "http://s3"],
  ["nested under s3api alone", "[default]\ns3api =\n  endpoint_url = http://api\n", {}, "http://api"],
  [
    "in a services section",
    "[default]\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = http://mine\n",
    {},
    "http://mine",
  ],
  ["for all services", "[default]\nendpoint_url = http://all\n", {}, "http://all"],
  [
    "of another profile",
    "[default]\nendpoint_url = http://a\n[profile b]\nendpoint_url = http://b\n",
    { AWS_PROFILE: "b" },
    "http://b",
  ],
  ["nowhere", "[default]\nregion = fr-par\n", {}, undefined],
])("an endpoint %s", async (_, config, env, endpoint) => {
  expect((await readS3Profile({ ...(await mounted(config)), ...env })).endpoint).toBe(endpoint);
});

test("files that are not there say nothing, and keys that are not whole are none", async () => {
  expect(await readS3Profile({ HOME: await temporaryFolder() })).toEqual({});
  expect(await readS3Profile(await mounted("", "[default]\naws_access_key_id = half\n"))).toEqual({});
});

test("a store asks the endpoint of the files, with their region and key, and the bucket in the path", async () => {
  const { url, asked } = await s3Server();
  const env = await mounted(`[default]\nregion = fr-par\ns3 =\n  endpoint_url = ${url}\n`);
  const store = await openBlobStore("s3://bucket/prefix", env);
  expect(await store.get("a")).toBeUndefined();
  expect(asked).toEqual([{ path: "/bucket/prefix/a", region: "fr-par", key: "SCWXXXXXXXX" }]);
});

test("keys of a Secret that was changed are used before long", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const { url, asked } = await s3Server();
  const env = await mounted(`[default]\ns3 =\n  endpoint_url = ${url}\n`);
  const store = await openBlobStore("s3://bucket", env);
  await store.get("a");
  await writeFile(env.AWS_SHARED_CREDENTIALS_FILE ?? "", credentials.replace("SCWXXXXXXXX", "NEXT"));
  await store.get("a");
  vi.setSystemTime(Date.now() + 600_000);
  await store.get("a");
  // The SDK asks once more, since the clocks of client and server now differ.
  expect(asked.map(({ key }) => key).slice(0, 3)).toEqual(["SCWXXXXXXXX", "SCWXXXXXXXX", "NEXT"]);
});

test("the environment wins over the files, and the URL over both", async () => {
  const { url, asked } = await s3Server();
  const env = {
    ...(await mounted("[default]\nregion = file\ns3 =\n  endpoint_url = http://127.0.0.1:1\n")),
    ...{ AWS_REGION: "env", AWS_ENDPOINT_URL_S3: url, AWS_ACCESS_KEY_ID: "ENV", AWS_SECRET_ACCESS_KEY: "secret" },
  };
  await (await openBlobStore("s3://bucket", env)).get("a");
  await (await openBlobStore("s3://bucket?region=url", env)).get("a");
  expect(asked.map(({ region, key }) => [region, key])).toEqual([
    ["env", "ENV"],
    ["url", "ENV"],
  ]);
});

test.each([
  ["the URL", "s3://bucket?pathStyle=false", ""],
  ["the config file", "s3://bucket", "  addressing_style = virtual\n"],
])("the bucket becomes a part of the host where %s says so", async (_, location, style) => {
  const { url, asked } = await s3Server();
  const env = await mounted(`[default]\ns3 =\n  endpoint_url = ${url}\n${style}`);
  await (await openBlobStore(location, env)).get("a").catch(() => undefined); // where bucket.localhost has no address
  expect(asked.map(({ path }) => path)).not.toContain("/bucket/a");
});
