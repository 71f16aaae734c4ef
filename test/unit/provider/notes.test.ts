import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import type { DiffResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import { afterAll, beforeAll, expect, test } from "vitest";

// The SDK's generated messages are CommonJS.
const require = createRequire(import.meta.url);
const grpc: typeof import("@grpc/grpc-js") = require("@grpc/grpc-js");
const engineServices: typeof import("@pulumi/pulumi/proto/engine_grpc_pb.js") = require("@pulumi/pulumi/proto/engine_grpc_pb");
const services: typeof import("@pulumi/pulumi/proto/provider_grpc_pb.js") = require("@pulumi/pulumi/proto/provider_grpc_pb");
const messages: typeof import("@pulumi/pulumi/proto/provider_pb.js") = require("@pulumi/pulumi/proto/provider_pb");
const {
  Empty,
}: typeof import("google-protobuf/google/protobuf/empty_pb.js") = require("google-protobuf/google/protobuf/empty_pb.js");
const structs: typeof import("google-protobuf/google/protobuf/struct_pb.js") = require("google-protobuf/google/protobuf/struct_pb.js");

/** An engine that takes notes slowly, as one on a full machine does. */
const engine = new grpc.Server();
const events: string[] = [];
let plugin: ReturnType<typeof spawn>;
let port = "";

beforeAll(async () => {
  engine.addService(engineServices.EngineService as unknown as import("@grpc/grpc-js").ServiceDefinition, {
    log: (call: ServerUnaryCall<LogRequest, unknown>, reply: sendUnaryData<unknown>) => {
      setTimeout(() => {
        events.push(`note: ${call.request.getMessage()}`);
        reply(null, new Empty());
      }, 300);
    },
  });
  const enginePort = await new Promise<number>((done, refuse) => {
    engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? refuse(error) : done(bound),
    );
  });
  const main = resolve(import.meta.dirname, "../../../components/provider/main.ts");
  plugin = spawn(process.execPath, [main, `127.0.0.1:${enginePort}`], { stdio: ["ignore", "pipe", "inherit"] });
  if (plugin.stdout === null) throw new Error("the plugin has no output");
  [port] = (await once(createInterface(plugin.stdout), "line")) as [string];
});
afterAll(async () => {
  if (plugin.exitCode === null) {
    plugin.kill();
    await once(plugin, "exit");
  }
  engine.forceShutdown();
});

test("a call is answered after the engine took its notes: behind the last answer it ends and they are lost", async () => {
  const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const path = join(import.meta.dirname, "no-such-file");
  const inputs = structs.Struct.fromJavaScript({ path, content: "text" });
  const request = new messages.DiffRequest();
  request.setUrn("urn:pulumi:dev::shop::kit:index:File::name");
  request.setId(path);
  for (const set of [request.setOlds, request.setOldInputs, request.setNews]) set.call(request, inputs);
  const answer = await new Promise<DiffResponse>((done, refuse) => {
    client.diff(request, (error, value) => {
      events.push("answer");
      if (error === null) done(value);
      else refuse(error);
    });
  });
  client.close();
  expect(answer.getDiffsList()).toEqual(["content"]);
  expect(events).toEqual([expect.stringMatching(/^note: .*no-such-file is missing/u), "answer"]);
});
