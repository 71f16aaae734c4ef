/**
 * The plugin's gRPC server. `pulumi.provider.main` exists, but its server supports neither detailed diffs nor old
 * inputs (sdk/nodejs/provider/server.ts), and a diff must report a dead process. This file therefore implements the few
 * protocol methods that a provider of plain resources needs. Protocol: sdk/proto/pulumi/provider.proto.
 */
import { createRequire } from "node:module";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type * as providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { reasonOf } from "../machine/coded-error.ts";
import { cancelWaits } from "./cancellation.ts";
import { kindOf, provider, stateOf } from "./provider.ts";
import { type Note, type NoteLevel, type PropertyChange, Unfinished } from "./resource-kind.ts";
import { revealAll, type Values } from "./values.ts";

// The SDK's generated messages are CommonJS. `require` loads them without assumptions about export names.
const require = createRequire(import.meta.url);
const grpc: typeof import("@grpc/grpc-js") = require("@grpc/grpc-js");
const messages: typeof providerMessages = require("@pulumi/pulumi/proto/provider_pb");
const services: typeof import("@pulumi/pulumi/proto/provider_grpc_pb.js") = require("@pulumi/pulumi/proto/provider_grpc_pb");
const plugins: typeof import("@pulumi/pulumi/proto/plugin_pb.js") = require("@pulumi/pulumi/proto/plugin_pb");
const status: typeof import("@pulumi/pulumi/proto/status_pb.js") = require("@pulumi/pulumi/proto/status_pb");
const {
  Empty,
}: typeof import("google-protobuf/google/protobuf/empty_pb.js") = require("google-protobuf/google/protobuf/empty_pb.js");
const {
  Any,
}: typeof import("google-protobuf/google/protobuf/any_pb.js") = require("google-protobuf/google/protobuf/any_pb.js");
const structs: typeof import("google-protobuf/google/protobuf/struct_pb.js") = require("google-protobuf/google/protobuf/struct_pb.js");

/** Version that the plugin reports to the engine. */
export const pluginVersion = "0.1.0";

function valuesOf(struct: Struct | undefined): Values {
  // The engine's structs hold JSON by the definition of google.protobuf.Struct.
  return (struct?.toJavaScript() ?? {}) as Values;
}

function structOf(values: Values): Struct {
  return structs.Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Values);
}

/** Timeout in ms of a note that the engine has not accepted. A lost note does no harm. */
const NOTE_LIMIT_MS = 5_000;

/**
 * Sends a note about a resource to the engine, which prints it beside the resource. It resolves when the engine has
 * accepted the note.
 */
type NoteSender = (urn: string, message: string, level: NoteLevel) => Promise<void>;

async function noteSender(engineAddress: string | undefined): Promise<NoteSender> {
  if (engineAddress === undefined) return async () => undefined;
  const {
    EngineClient,
  }: typeof import("@pulumi/pulumi/proto/engine_grpc_pb.js") = require("@pulumi/pulumi/proto/engine_grpc_pb");
  const engine: typeof import("@pulumi/pulumi/proto/engine_pb.js") = require("@pulumi/pulumi/proto/engine_pb");
  const client = new EngineClient(engineAddress, grpc.credentials.createInsecure());
  return (urn, message, level) => {
    const request = new engine.LogRequest();
    request.setSeverity(level === "warning" ? engine.LogSeverity.WARNING : engine.LogSeverity.INFO);
    request.setEphemeral(level === "progress");
    request.setUrn(urn);
    request.setMessage(message);
    return new Promise((taken) => {
      client.log(request, new grpc.Metadata(), { deadline: Date.now() + NOTE_LIMIT_MS }, () => taken());
    });
  };
}

/** Numbers of `PropertyDiff.Kind`: in place, and by replacement. */
const changeNumbers = { add: [0, 1], delete: [2, 3], update: [4, 5] } as const;

function changeNumber(change: PropertyChange): 0 | 1 | 2 | 3 | 4 | 5 {
  return changeNumbers[change.change][change.replaces ? 1 : 0];
}

interface ServiceFailure extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata?: InstanceType<typeof grpc.Metadata>;
}

function isServiceError(error: unknown): error is ServiceFailure {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

/** Returns the answer to a failed call. If it names what was left behind, the engine keeps the resource. */
function failure(error: unknown, left?: { inputs: Values; properties: Values }): ServiceFailure {
  const message = reasonOf(error);
  const answer = Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message });
  if (!(error instanceof Unfinished) || left === undefined) return answer;
  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setReasonsList([message]);
  detail.setProperties(structOf(left.properties));
  detail.setInputs(structOf(left.inputs));
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new status.Status();
  whole.setCode(grpc.status.UNKNOWN);
  whole.setMessage(message);
  whole.addDetails(any);
  const metadata = new grpc.Metadata();
  // This trailer carries gRPC's rich errors. The engine's Go client unpacks it.
  metadata.add("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return Object.assign(answer, { metadata });
}

type Handler<Request, Answer> = (call: ServerUnaryCall<Request, Answer>, reply: sendUnaryData<Answer>) => void;

/**
 * Returns the handler of one call. It answers when the engine has accepted all notes of the call, because the engine
 * ends after the last answer of a run.
 */
function unaryWith(send: NoteSender) {
  return <Request, Answer>(
    work: (request: Request, noteFor: (urn: string) => Note) => Promise<Answer> | Answer,
  ): Handler<Request, Answer> =>
    (call, reply) => {
      const notes: Promise<void>[] = [];
      const noteFor =
        (urn: string): Note =>
        (message, level = "info") => {
          notes.push(send(urn, message, level));
        };
      Promise.resolve()
        .then(() => work(call.request, noteFor))
        .finally(() => Promise.all(notes))
        .then(
          (answer) => reply(null, answer),
          (error: unknown) => reply(isServiceError(error) ? error : failure(error)),
        );
    };
}

const unimplemented: Handler<unknown, never> = (_, reply) =>
  reply({ code: grpc.status.UNIMPLEMENTED, details: "not offered by the provider kit" });

/** Serves the provider on a free loopback port and returns the port. */
export async function serve(engineAddress: string | undefined): Promise<number> {
  const unary = unaryWith(await noteSender(engineAddress));

  /** Runs create or update. If it fails and leaves something behind, the answer reports that to the engine. */
  const tracked = async <T>(urn: string, inputs: Values, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unfinished)) throw error;
      throw failure(error, { inputs, properties: stateOf(await kindOf(urn), inputs, error.computed) });
    }
  };

  const server = new grpc.Server({
    "grpc.max_receive_message_length": 400 * 1024 * 1024,
    "grpc.max_send_message_length": 400 * 1024 * 1024,
  });
  server.addService(services.ResourceProviderService as unknown as import("@grpc/grpc-js").ServiceDefinition, {
    handshake: unary(() => {
      const answer = new messages.ProviderHandshakeResponse();
      // If a plugin answers the handshake, the engine calls create and update in previews too.
      answer.setAcceptSecrets(true);
      return answer;
    }),
    getPluginInfo: unary(() => {
      const answer = new plugins.PluginInfo();
      answer.setVersion(pluginVersion);
      return answer;
    }),
    getSchema: unary(() => {
      const answer = new messages.GetSchemaResponse();
      answer.setSchema(JSON.stringify({ name: "kit", version: pluginVersion }));
      return answer;
    }),
    attach: unary(() => new Empty()),
    cancel: unary(() => {
      cancelWaits();
      return new Empty();
    }),
    checkConfig: unary((request: providerMessages.CheckRequest) => {
      const answer = new messages.CheckResponse();
      answer.setInputs(request.getNews());
      return answer;
    }),
    diffConfig: unary(() => {
      const answer = new messages.DiffResponse();
      answer.setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE);
      return answer;
    }),
    configure: unary(() => {
      const answer = new messages.ConfigureResponse();
      answer.setAcceptsecrets(true);
      return answer;
    }),
    check: unary(async (request: providerMessages.CheckRequest, noteFor) => {
      const urn = request.getUrn();
      const failures = await provider.check(
        urn,
        request.hasOlds() ? valuesOf(request.getOlds()) : undefined,
        valuesOf(request.getNews()),
        noteFor(urn),
      );
      const answer = new messages.CheckResponse();
      answer.setInputs(request.getNews());
      for (const found of failures) {
        const entry = new messages.CheckFailure();
        entry.setProperty(found.property);
        entry.setReason(found.reason);
        answer.addFailures(entry);
      }
      return answer;
    }),
    diff: unary(async (request: providerMessages.DiffRequest, noteFor) => {
      const urn = request.getUrn();
      const state = valuesOf(request.getOlds());
      const olds = request.hasOldInputs() ? valuesOf(request.getOldInputs()) : state;
      const diff = await provider.diff(urn, request.getId(), olds, state, valuesOf(request.getNews()), noteFor(urn));
      const answer = new messages.DiffResponse();
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      answer.setChanges(diff.changes.length === 0 ? DIFF_NONE : DIFF_SOME);
      answer.setHasdetaileddiff(true);
      answer.setDeletebeforereplace(diff.deleteBeforeReplace ?? false);
      const top = (path: string): string => /^\w+/.exec(path)?.[0] ?? path;
      answer.setDiffsList([...new Set(diff.changes.map(({ path }) => top(path)))]);
      answer.setReplacesList([
        ...new Set(diff.changes.filter(({ replaces }) => replaces).map(({ path }) => top(path))),
      ]);
      for (const change of diff.changes) {
        const entry = new messages.PropertyDiff();
        entry.setKind(changeNumber(change));
        entry.setInputdiff(change.side === "input");
        answer.getDetaileddiffMap().set(change.path, entry);
      }
      return answer;
    }),
    create: unary(async (request: providerMessages.CreateRequest, noteFor) => {
      const urn = request.getUrn();
      const inputs = valuesOf(request.getProperties());
      const { id, properties } = await tracked(urn, inputs, () =>
        provider.create(urn, inputs, noteFor(urn), request.getPreview()),
      );
      const answer = new messages.CreateResponse();
      answer.setId(id);
      answer.setProperties(structOf(properties));
      return answer;
    }),
    read: unary(async (request: providerMessages.ReadRequest, noteFor) => {
      const urn = request.getUrn();
      const properties = await provider.read(
        urn,
        request.getId(),
        valuesOf(request.getInputs()),
        valuesOf(request.getProperties()),
        noteFor(urn),
      );
      const answer = new messages.ReadResponse();
      if (properties === undefined) return answer;
      answer.setId(request.getId());
      answer.setProperties(structOf(properties));
      answer.setInputs(request.getInputs());
      return answer;
    }),
    update: unary(async (request: providerMessages.UpdateRequest, noteFor) => {
      const urn = request.getUrn();
      const state = valuesOf(request.getOlds());
      const olds = request.hasOldInputs() ? valuesOf(request.getOldInputs()) : state;
      const inputs = valuesOf(request.getNews());
      const properties = await tracked(urn, inputs, () =>
        provider.update(urn, request.getId(), olds, state, inputs, noteFor(urn), request.getPreview()),
      );
      const answer = new messages.UpdateResponse();
      answer.setProperties(structOf(properties));
      return answer;
    }),
    delete: unary(async (request: providerMessages.DeleteRequest, noteFor) => {
      const urn = request.getUrn();
      const state = valuesOf(request.getProperties());
      await provider.delete(
        urn,
        request.getId(),
        request.hasOldInputs() ? valuesOf(request.getOldInputs()) : revealAll(state),
        state,
        noteFor(urn),
      );
      return new Empty();
    }),
    invoke: unimplemented,
    call: unimplemented,
    construct: unimplemented,
    parameterize: unimplemented,
    getMapping: unimplemented,
    getMappings: unimplemented,
    list: unimplemented,
  });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}
