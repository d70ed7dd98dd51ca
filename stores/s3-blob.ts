/** A blob store in a bucket of S3 or of a server that speaks its protocol. */

import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { type AccessKey, readS3Profile, type S3Profile } from "./aws-files.ts";
import {
  type BlobBody,
  type BlobInfo,
  type BlobStore,
  bytesOf,
  checkedKey,
  checkedPrefix,
  isStream,
} from "./blob-store.ts";
import { StoreError } from "./error.ts";

interface Location {
  bucket: string;
  /** Empty, or ends with a slash. */
  prefix: string;
  options: URLSearchParams;
}

/** How long a server that is cut off, and not even refuses connections, is waited for; the SDK tries three times. */
export interface Patience {
  connectMs: number;
  /** Without a byte in either direction. */
  silentMs: number;
}
const usualPatience: Patience = { connectMs: 5_000, silentMs: 30_000 };

export async function openS3BlobStore(
  url: string,
  env: NodeJS.ProcessEnv,
  { connectMs, silentMs } = usualPatience,
): Promise<BlobStore> {
  const { bucket, prefix, options } = locate(url);
  const client = new S3Client({
    ...clientConfig(options, env, await readS3Profile(env)),
    requestHandler: { connectionTimeout: connectMs, socketTimeout: silentMs },
  });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + checkedKey(key) });

  return {
    url,
    put: (key, body, { ifAbsent = false } = {}) =>
      putObject(client, { ...at(key), ...bodyOf(body), ...(ifAbsent && { IfNoneMatch: "*" }) }),
    async get(key) {
      const found = await ifThere(key, client.send(new GetObjectCommand(at(key))));
      return found?.Body && inWords(key, found.Body.transformToByteArray());
    },
    async open(key) {
      const found = await ifThere(key, client.send(new GetObjectCommand(at(key))));
      return found && { size: found.ContentLength ?? 0, chunks: found.Body as Readable };
    },
    async head(key) {
      const found = await ifThere(key, client.send(new HeadObjectCommand(at(key))));
      return found && { key, size: found.ContentLength ?? 0, lastModified: found.LastModified ?? new Date(0) };
    },
    list: (start) => listObjects(client, bucket, prefix, checkedPrefix(start)),
    async delete(key) {
      await ifThere(key, client.send(new DeleteObjectCommand(at(key))));
    },
  };
}

function locate(url: string): Location {
  const { hostname, pathname, searchParams } = new URL(url);
  if (hostname === "") throw new StoreError("invalid", `${JSON.stringify(url)} names no bucket: s3://bucket/prefix`);
  const path = pathname.replaceAll(/^\/+|\/+$/g, "");
  return { bucket: hostname, prefix: path === "" ? "" : `${path}/`, options: searchParams };
}

/**
 * The URL says it, or else the environment, or else the AWS files. Credentials that none of them has, such as those of a
 * workload identity, are found by the SDK's own rules.
 */
function clientConfig(options: URLSearchParams, env: NodeJS.ProcessEnv, profile: S3Profile): S3ClientConfig {
  const endpoint = options.get("endpoint") ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? profile.endpoint;
  const credentials = accessKeyIn(env) ?? (profile.accessKey && (() => freshAccessKey(env)));
  return {
    region: options.get("region") ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? profile.region ?? "us-east-1",
    ...(endpoint && { endpoint }),
    forcePathStyle: isPathStyle(options, env, profile) ?? hasBucketsInPath(endpoint),
    ...(credentials && { credentials }),
  };
}

function isPathStyle(options: URLSearchParams, env: NodeJS.ProcessEnv, profile: S3Profile): boolean | undefined {
  const said = options.get("pathStyle") ?? env.AWS_S3_FORCE_PATH_STYLE;
  if (said !== undefined) return said === "true";
  return profile.addressingStyle === undefined ? undefined : profile.addressingStyle === "path";
}

/** Every server that speaks S3 takes the bucket in the path; only Amazon's have a host for each bucket for sure. */
function hasBucketsInPath(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !new URL(endpoint).hostname.endsWith(".amazonaws.com");
}

function accessKeyIn(env: NodeJS.ProcessEnv): AccessKey | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) };
}

const keyLifeMs = 600_000;

/** Files of a mounted Secret change: the SDK asks again when this expires. */
async function freshAccessKey(env: NodeJS.ProcessEnv) {
  const { accessKey } = await readS3Profile(env);
  if (accessKey === undefined) throw new StoreError("denied", "the AWS credentials file has no access key any more");
  return { ...accessKey, expiration: new Date(Date.now() + keyLifeMs) };
}

function bodyOf(body: BlobBody): Pick<PutObjectCommandInput, "Body" | "ContentLength"> {
  if (isStream(body)) return { Body: Readable.from(body.chunks, { objectMode: false }), ContentLength: body.size };
  return { Body: bytesOf(body) };
}

/** The SDK adds a checksum that the server verifies, so that a damaged upload is refused. */
async function putObject(client: S3Client, input: PutObjectCommandInput): Promise<boolean> {
  try {
    await client.send(new PutObjectCommand(input));
    return true;
  } catch (error) {
    if (input.IfNoneMatch && nameOf(error) === "PreconditionFailed") return false;
    throw storeError(input.Key ?? "", error);
  }
}

async function* listObjects(client: S3Client, bucket: string, root: string, start: string): AsyncGenerator<BlobInfo> {
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: root + start });
  try {
    for await (const { Contents = [] } of pages) {
      for (const { Key = "", Size = 0, LastModified = new Date(0) } of Contents) {
        yield { key: Key.slice(root.length), size: Size, lastModified: LastModified };
      }
    }
  } catch (error) {
    throw storeError(start, error);
  }
}

async function ifThere<T>(key: string, request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (["NoSuchKey", "NotFound"].includes(nameOf(error))) return undefined;
    throw storeError(key, error);
  }
}

async function inWords<T>(key: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw storeError(key, error);
  }
}

interface S3Error {
  name?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

function nameOf(error: unknown): string {
  return (error as S3Error).name ?? "";
}

const badCredentials = [
  "CredentialsProviderError",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "AccessDenied",
  // versitygw's word for an unknown access key, sent with status 404.
  "XAdminUserNotFound",
];

function storeError(key: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { name = "Error", message = "", $metadata } = error as S3Error;
  const status = $metadata?.httpStatusCode;
  const text = `blob ${key}: the S3 server answers ${name}${message === "" ? "" : ` (${message})`}`;
  if (badCredentials.includes(name) || status === 401 || status === 403) {
    return new StoreError("denied", text, { cause: error });
  }
  const isRefusal = status !== undefined && status >= 400 && status < 500 && ![408, 409, 429].includes(status);
  return new StoreError(isRefusal ? "refused" : "unreachable", text, { cause: error });
}
