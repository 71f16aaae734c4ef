import { createHmac, pbkdf2Sync } from "node:crypto";
import { Writer } from "@platformatic/kafka";
import { afterEach, describe, expect, it } from "vitest";
import { readCluster } from "../../../../cli/live/cluster-reader.ts";
import { type Answers, API, broker, EMPTY_CLUSTER, startServer } from "./stub-broker.ts";

const LIMITS = { connectMs: 2_000, requestMs: 300 };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function server(answers: Answers): Promise<string> {
  const { address, close } = await startServer(broker(answers));
  closing.push(close);
  return address;
}

describe("the login of a reading", () => {
  const user = { name: "auditor", password: "very-secret-word" };
  const versions = (): Writer =>
    Writer.create()
      .appendInt16(0)
      .appendArray([API.login], (w, api) => w.appendInt16(api).appendInt16(0).appendInt16(2), false, false)
      .appendInt32(0);
  const offered = (code: number, mechanism: string): Writer =>
    Writer.create()
      .appendInt16(code)
      .appendArray([mechanism], (w, name) => w.appendString(name, false), false, false);

  it("of a kind that the broker does not offer is told what it offers, and shows no password", async () => {
    const address = await server({ [API.apiVersions]: versions, [API.saslHandshake]: () => offered(33, "PLAIN") });
    const refusal = readCluster({ brokers: [address], user }, new Set(), LIMITS);
    await expect(refusal).rejects.toMatchObject({
      code: "KIT_LOGIN_REFUSED",
      message: expect.stringMatching(/auditor at 127\.0\.0\.1.*The broker offers PLAIN\..*UNSUPPORTED_SASL_MECHANISM/),
    });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(user.password) });
  });

  it.each([
    ["goes on at a server that knows the password", user.password, undefined],
    ["ends at a server that does not know it", "another-word", "Invalid server signature"],
  ])("%s", async (_, known, message) => {
    const salt = Buffer.from("some salt");
    const mac = (key: Buffer, text: string): Buffer => createHmac("sha512", key).update(text).digest();
    let [clientFirst, serverFirst] = ["", ""];
    // A server that accepts every proof, and proves what it knows itself.
    const answerTo = (text: string): string => {
      if (clientFirst === "") {
        clientFirst = /n=[^,]*,r=[\w-]+/.exec(text)?.[0] ?? "";
        serverFirst = `r=${clientFirst.split("r=")[1]}server,s=${salt.toString("base64")},i=4096`;
        return serverFirst;
      }
      const withoutProof = /c=[^,]*,r=[\w-]+/.exec(text)?.[0] ?? "";
      const key = mac(pbkdf2Sync(known, salt, 4_096, 64, "sha512"), "Server Key");
      return `v=${mac(key, `${clientFirst},${serverFirst},${withoutProof}`).toString("base64")}`;
    };
    const address = await server({
      ...EMPTY_CLUSTER,
      [API.apiVersions]: versions,
      [API.saslHandshake]: () => offered(0, "SCRAM-SHA-512"),
      [API.login]: (body) =>
        Writer.create()
          .appendInt16(0)
          .appendString(null)
          .appendBytes(Buffer.from(answerTo(body.toString("utf8"))))
          .appendInt64(0n)
          .appendTaggedFields(),
    });
    const reading = readCluster({ brokers: [address], user }, new Set(), LIMITS);
    if (message === undefined) await expect(reading).resolves.toMatchObject({ requests: 4 });
    else
      await expect(reading).rejects.toMatchObject({
        code: "KIT_LOGIN_REFUSED",
        message: expect.stringContaining(message),
      });
  });
});
