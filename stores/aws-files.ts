/** The AWS configuration and credentials files, as the AWS tools read them: what they say about S3. */

import { homedir } from "node:os";
import { join } from "node:path";
import { loadSharedConfigFiles } from "@smithy/shared-ini-file-loader";

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface S3Profile {
  endpoint?: string;
  region?: string;
  /** Whether the bucket is a part of the path (`path`) or of the host (`virtual`). */
  addressingStyle?: string;
  /** Undefined where the profile has no key of its own: then it may name another source, which the SDK knows. */
  accessKey?: AccessKey;
}

/**
 * The profile that `AWS_PROFILE` names (default `default`), from `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`
 * (default `~/.aws`). A file that is missing says nothing. The endpoint of S3 may stand where any of the tools looks for
 * it: nested under `s3 =`, in a `services` section, nested under `s3api =`, or as `endpoint_url` for all services.
 */
export async function readS3Profile(env: NodeJS.ProcessEnv): Promise<S3Profile> {
  const folder = join(env.HOME ?? homedir(), ".aws");
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    configFilepath: env.AWS_CONFIG_FILE ?? join(folder, "config"),
    filepath: env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, "credentials"),
    ignoreCache: true,
  });
  const name = env.AWS_PROFILE ?? "default";
  const config = configFile[name] ?? {};
  const services = configFile[`services.${config.services}`] ?? {};
  const accessKey = accessKeyIn({ ...config, ...credentialsFile[name] });
  const endpoint =
    config["s3.endpoint_url"] ?? services["s3.endpoint_url"] ?? config["s3api.endpoint_url"] ?? config.endpoint_url;
  const addressingStyle = config["s3.addressing_style"];
  return {
    ...(endpoint && { endpoint }),
    ...(config.region && { region: config.region }),
    ...(addressingStyle && { addressingStyle }),
    ...(accessKey && { accessKey }),
  };
}

function accessKeyIn(profile: Record<string, string | undefined>): AccessKey | undefined {
  const {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
  } = profile;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
