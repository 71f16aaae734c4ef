/**
 * Claim checks in a bucket of any server with the S3 API. The client is loaded at its first use, so a service that
 * stores and fetches nothing does not need its memory. Addresses are path-style, because most servers other than
 * Amazon's have no host name per bucket.
 */
import { addAbortSignal, Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { S3StoreConfig } from "../config.ts";
import type { ClaimCheckStore } from "./store.ts";

type S3Module = typeof import("@aws-sdk/client-s3");

/** Timeout of one request, including retries, in milliseconds. A store that does not answer counts as unavailable. */
const REQUEST_LIMIT_MS = 8_000;
const CONNECT_LIMIT_MS = 2_000;
/** Most connections of one process. */
const SOCKETS = 16;

/** @param pageKeys - Keys in one page of a listing; servers return at most 1000. */
export function s3Store(config: S3StoreConfig, pageKeys = 1_000): ClaimCheckStore {
  let loaded: Promise<{ readonly sdk: S3Module; readonly client: S3Client }> | undefined;
  const { bucket } = config;

  async function connect(): Promise<{ readonly sdk: S3Module; readonly client: S3Client }> {
    const sdk = await import("@aws-sdk/client-s3");
    const secure = config.endpoint.startsWith("https:");
    const { Agent } = secure ? await import("node:https") : await import("node:http");
    const agent = new Agent({
      keepAlive: true,
      maxSockets: SOCKETS,
      ...(secure && config.ca !== undefined ? { ca: config.ca } : {}),
    });
    const client = new sdk.S3Client({
      endpoint: config.endpoint,
      region: config.region,
      forcePathStyle: true,
      credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
      maxAttempts: 2,
      requestHandler: {
        connectionTimeout: CONNECT_LIMIT_MS,
        requestTimeout: REQUEST_LIMIT_MS,
        ...(secure ? { httpsAgent: agent } : { httpAgent: agent }),
      },
      // The library compares the SHA-256 with the record; some servers do not support a second checksum in the SDK's own
      // encoding.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    return { sdk, client };
  }

  const use = (): Promise<{ readonly sdk: S3Module; readonly client: S3Client }> =>
    (loaded ??= connect().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    }));
  const limit = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(REQUEST_LIMIT_MS) });

  return {
    async put(key, content) {
      const { sdk, client } = await use();
      await client.send(
        new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: "application/octet-stream" }),
        limit(),
      );
    },

    async get(key, atMost) {
      const { sdk, client } = await use();
      try {
        const bounds = limit();
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }), bounds);
        if (!(Body instanceof Readable)) throw new Error("the answer has no body");
        return await upTo(Body, atMost, bounds.abortSignal);
      } catch (error) {
        // A missing bucket is a configuration fault; a missing object is a fault of the record.
        if (error instanceof sdk.NoSuchKey) return undefined;
        throw error;
      }
    },

    async *list(prefix) {
      const { sdk, client } = await use();
      let token: string | undefined;
      do {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            MaxKeys: pageKeys,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          limit(),
        );
        const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
        if (keys.length > 0) yield keys;
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },

    async remove(keys) {
      const { sdk, client } = await use();
      // The bulk request is not used: it needs a checksum that servers implement differently.
      for (let at = 0; at < keys.length; at += SOCKETS) {
        await Promise.all(
          keys
            .slice(at, at + SOCKETS)
            .map((key) => client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), limit())),
        );
      }
    },

    close() {
      void loaded?.then(
        ({ client }) => client.destroy(),
        () => undefined,
      );
    },
  };
}

/** Returns at most this many bytes, plus one if there are more. */
async function upTo(body: Readable, atMost: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop ends the body; the signal ends a body whose server stops in the middle.
  for await (const chunk of addAbortSignal(signal, body) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > atMost) break;
  }
  return Buffer.concat(chunks).subarray(0, atMost + 1);
}
