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

export function openS3BlobStore(url: string, env: NodeJS.ProcessEnv): BlobStore {
  const { bucket, prefix, options } = locate(url);
  const client = new S3Client(clientConfig(options, env));
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

/** What the URL does not say, and credentials always, come from the environment by the SDK's own rules. */
function clientConfig(options: URLSearchParams, env: NodeJS.ProcessEnv): S3ClientConfig {
  const endpoint = options.get("endpoint") ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  return {
    region: options.get("region") ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? "us-east-1",
    ...(endpoint && { endpoint }),
    forcePathStyle: options.get("pathStyle") === "true" || env.AWS_S3_FORCE_PATH_STYLE === "true",
    ...(accessKeyId &&
      secretAccessKey && {
        credentials: { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) },
      }),
  };
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
