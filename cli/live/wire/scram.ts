/** The client's half of a SCRAM-SHA-512 login (RFC 5802, without channel binding). Pure but for the nonce it is given. */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

/** What a login came to, when it can't go on. */
export class LoginError extends Error {}

/** A login under way. */
export interface ScramLogin {
  /** The first message. */
  readonly first: string;
  /**
   * The second message, from the server's first.
   * @throws LoginError where the server's message is none, or asks for what no honest server asks.
   */
  answer(serverFirst: string): ScramProof;
}

/** The proof that the client knows the password. */
export interface ScramProof {
  readonly message: string;
  /**
   * Holds the server to its side: it knows the password as well.
   * @throws LoginError
   */
  confirm(serverFinal: string): void;
}

const DIGEST = "sha512";
const DIGEST_BYTES = 64;
/** RFC 5802 and Kafka: less is no protection. */
const FEWEST_ITERATIONS = 4_096;
/** A server that asks for more would only keep us busy. */
const MOST_ITERATIONS = 10_000_000;
/** Neither channel binding nor another identity. */
const HEADER = "n,,";

/**
 * Begins a login.
 * @param nonce - Random text without commas, new for each login.
 */
export function scramLogin(user: string, password: string, nonce: string): ScramLogin {
  const bare = `n=${user.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  return {
    first: `${HEADER}${bare}`,
    answer(serverFirst) {
      const { r: serverNonce = "", s: salt = "", i: count = "" } = attributes(serverFirst);
      const iterations = Number(count);
      if (!serverNonce.startsWith(nonce) || serverNonce === nonce || salt === "" || !Number.isInteger(iterations))
        throw new LoginError("the server's answer is no SCRAM message");
      if (iterations < FEWEST_ITERATIONS || iterations > MOST_ITERATIONS)
        throw new LoginError(
          `the server asks for ${iterations} iterations of SCRAM; ${FEWEST_ITERATIONS} to ${MOST_ITERATIONS} are accepted`,
        );
      const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), iterations, DIGEST_BYTES, DIGEST);
      const withoutProof = `c=${Buffer.from(HEADER).toString("base64")},r=${serverNonce}`;
      const signed = `${bare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(salted, "Client Key");
      const signature = hmac(createHash(DIGEST).update(clientKey).digest(), signed);
      const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
      const expected = hmac(hmac(salted, "Server Key"), signed);
      return {
        message: `${withoutProof},p=${Buffer.from(proof).toString("base64")}`,
        confirm(serverFinal) {
          const { e: error, v: verifier = "" } = attributes(serverFinal);
          if (error !== undefined) throw new LoginError(error);
          const given = Buffer.from(verifier, "base64");
          if (given.length !== expected.length || !timingSafeEqual(given, expected))
            throw new LoginError("the server does not know the password: it may not be the one it says it is");
        },
      };
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac(DIGEST, key).update(text).digest();
}

/** `a=1,b=2` by letter. */
function attributes(message: string): Partial<Record<string, string>> {
  return Object.fromEntries(message.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
}
