/** The part of AsyncAPI 3.0 that the kit writes. Names are the specification's: https://www.asyncapi.com/docs/reference/specification/v3.0.0 */

/** A reference within the document. */
export interface Reference {
  readonly $ref: string;
}

/** A tag with which tools group and filter. */
export interface Tag {
  readonly name: string;
  readonly description?: string;
}

/** JSON Schema, as far as the kit writes it. */
export interface JsonSchema {
  readonly type?: "object" | "string";
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly (JsonSchema | Reference)[];
}

/** Extensions such as `x-owner`. */
export type Extensions = Readonly<Record<`x-${string}`, unknown>>;

/** A server: a bootstrap address of the cluster. */
export interface Server extends Extensions {
  readonly host: string;
  readonly protocol: "kafka-secure";
  readonly title: string;
  readonly description: string;
  readonly variables?: Readonly<
    Record<string, { readonly enum: readonly string[]; readonly default: string; readonly description: string }>
  >;
  readonly security: readonly Reference[];
  readonly bindings: {
    readonly kafka: {
      readonly schemaRegistryUrl: string;
      readonly schemaRegistryVendor: string;
      readonly bindingVersion: string;
    };
  };
}

/** A message: one event type on one topic. */
export interface Message extends Extensions {
  readonly name: string;
  readonly title: string;
  readonly description?: string;
  readonly contentType: string;
  readonly headers: JsonSchema;
  readonly correlationId: { readonly description: string; readonly location: string };
  readonly payload: { readonly schemaFormat: string; readonly schema: unknown };
  readonly tags: readonly Tag[];
  readonly bindings: { readonly kafka: Readonly<Record<string, unknown>> };
}

/** A channel: a topic. */
export interface Channel extends Extensions {
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly servers: readonly Reference[];
  readonly messages: Readonly<Record<string, Message>>;
  readonly tags: readonly Tag[];
  readonly bindings: {
    readonly kafka: {
      readonly topic: string;
      readonly partitions: number;
      readonly replicas: number;
      readonly topicConfiguration: Readonly<Record<string, unknown>>;
      readonly bindingVersion: string;
    };
  };
}

/** An operation: what one service does on one topic. */
export interface Operation extends Extensions {
  readonly action: "send" | "receive";
  readonly channel: Reference;
  readonly title: string;
  readonly description: string;
  readonly messages: readonly Reference[];
  readonly tags: readonly Tag[];
  readonly bindings?: { readonly kafka: Readonly<Record<string, unknown>> };
}

/** The document. */
export interface AsyncApiDocument {
  readonly asyncapi: "3.0.0";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly contact?: { readonly name: string; readonly url?: string; readonly email?: string };
    readonly tags: readonly Tag[];
  } & Extensions;
  readonly defaultContentType: string;
  readonly servers: Readonly<Record<string, Server>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, { readonly type: string; readonly description: string }>>;
  };
}

/** Version of the Kafka bindings: https://github.com/asyncapi/bindings/tree/master/kafka */
export const KAFKA_BINDING = "0.5.0";

/** A reference from the steps to its target; special characters of JSON pointers are escaped. */
export function reference(...steps: readonly string[]): Reference {
  return { $ref: `#/${steps.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}` };
}
