/** Asks for missing flags, if there is a terminal. */

import type { Model } from "../../components/model/types.ts";
import { eventNamePattern, slugPattern, topicNamePattern } from "../../components/model/values/names.ts";
import { declaredTopics, topologyOf } from "../../components/plan/topology.ts";
import type { CommandContext } from "../context.ts";
import { KitError } from "../errors.ts";
import type { NewConsumerRequest, NewTopicRequest } from "./request.ts";
import { findTopic } from "./topic-plan.ts";

/** Values of the flags. */
export type TopicFlags = { readonly [Name in keyof NewTopicRequest]?: NewTopicRequest[Name] | undefined };
/** Values of the flags. */
export type ConsumerFlags = { readonly [Name in keyof NewConsumerRequest]?: NewConsumerRequest[Name] | undefined };

/** Whether the user can answer questions. */
export function canAsk(context: CommandContext): boolean {
  return process.stdin.isTTY === true && context.stderr.isTTY === true && context.env.CI === undefined;
}

/**
 * Completes a new topic.
 * @throws KitError `KIT_USAGE` naming all missing flags, without a terminal; `KIT_CANCELLED`.
 */
export async function completeTopic(
  context: CommandContext,
  model: Model,
  flags: TopicFlags,
): Promise<NewTopicRequest> {
  const missing = [
    ...(flags.domain === undefined ? ["--domain"] : []),
    ...(flags.description === undefined ? ["--description"] : []),
    ...(flags.partitions === undefined ? ["--partitions"] : []),
    ...(flags.events === undefined ? ["--events"] : []),
  ];
  if (missing.length > 0 && !canAsk(context))
    throw new KitError("KIT_USAGE", `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`, {
      fix: "Give the flags; without them the command asks, but there is no terminal here.",
    });
  const asks = await questions(context);
  const name = flags.name ?? "";
  const services = topologyOf(model).services;
  const domain =
    flags.domain ??
    (await asks.select(
      "Domain that owns it",
      model.domains.map((each) => ({ value: each.name, name: `${each.name} (${each.owner.team})` })),
    ));
  const description =
    flags.description ??
    (await asks.text(
      "What do its records mean? One sentence",
      (text) => text.trim() !== "" || "one sentence is wanted",
    ));
  const events =
    flags.events ??
    words(
      await asks.text(
        "Event types, for example order.noted, order.unnoted",
        (text) =>
          (words(text).length > 0 && words(text).every((word) => new RegExp(eventNamePattern, "u").test(word))) ||
          "two or more lower-case words joined by dots, with commas between",
      ),
    );
  const key =
    flags.key ??
    (missing.length === 0
      ? undefined
      : await asks.text("Field that is the record key; empty for none. Order is kept per key", () => true)) ??
    "";
  const partitions =
    flags.partitions ??
    Number(
      await asks.text(
        "Partitions at full size; they can never be lowered",
        (text) => /^[1-9]\d{0,3}$/.test(text) || "a whole number of at least 1",
      ),
    );
  const producers =
    flags.producers ??
    (missing.length === 0
      ? []
      : (await asks.checkbox("Services that write to it", services)).map((service) => ({ service })));
  const readers =
    flags.consumers ??
    (missing.length === 0
      ? []
      : (await asks.checkbox("Services that read it", services)).map((service) => ({ service, instances: 1 })));
  return {
    name,
    domain,
    description,
    events,
    partitions,
    producers,
    consumers: readers,
    ...(key === "" ? {} : { key }),
    ...(flags.retention === undefined ? {} : { retention: flags.retention }),
    ...(flags.team === undefined ? {} : { team: flags.team }),
  };
}

/**
 * Completes a new consumer. Default of the events: all of the topic. Without a terminal and `--events` the command fails,
 * because a consumer must list its events.
 * @throws KitError as {@link completeTopic}.
 */
export async function completeConsumer(
  context: CommandContext,
  model: Model,
  flags: ConsumerFlags,
): Promise<NewConsumerRequest> {
  const missing = [
    ...(flags.topic === undefined ? ["--topic"] : []),
    ...(flags.events === undefined ? ["--events"] : []),
  ];
  if (missing.length > 0 && !canAsk(context))
    throw new KitError("KIT_USAGE", `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`, {
      fix: "Give the flags; without them the command asks, but there is no terminal here.",
    });
  const asks = await questions(context);
  const topic = findTopic(
    model,
    flags.topic ??
      (await asks.select(
        "Topic it reads",
        declaredTopics(model).map(({ name }) => ({ value: name, name })),
      )),
  );
  const events =
    flags.events ??
    (await asks.checkbox(
      "Event types it handles; the others are skipped",
      topic.events.map(({ name }) => name),
    ));
  return {
    service: flags.service ?? "",
    topic: topic.name,
    events,
    instances: flags.instances ?? 1,
    retry: flags.retry ?? [],
    ...(flags.quota === undefined ? {} : { quota: flags.quota }),
  };
}

/** Words with commas or blanks between. */
export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** Checks a name before the first question. */
export function checkNewName(what: "topic" | "service", name: string): void {
  const pattern = what === "topic" ? topicNamePattern : slugPattern;
  if (!new RegExp(pattern, "u").test(name))
    throw new KitError("KIT_NEW_NAME_INVALID", `${JSON.stringify(name)} is no name for a ${what}`, {
      fix:
        what === "topic"
          ? "Letters, digits, '.', '_' and '-', at most 249 characters."
          : "Lower-case letters, digits and single dashes, starting with a letter.",
    });
}

interface Questions {
  text(message: string, validate: (text: string) => true | false | string): Promise<string>;
  select(message: string, choices: readonly { readonly value: string; readonly name: string }[]): Promise<string>;
  checkbox(message: string, choices: readonly string[]): Promise<string[]>;
}

/** Questions go to stderr, so that stdout contains only results. */
async function questions(context: CommandContext): Promise<Questions> {
  const { checkbox, input, select } = await import("@inquirer/prompts");
  const terminal = { output: context.stderr };
  const answered = async <T>(question: Promise<T>): Promise<T> => {
    try {
      return await question;
    } catch (error) {
      if (error instanceof Error && error.name === "ExitPromptError")
        throw new KitError("KIT_CANCELLED", "the questions", { cause: error });
      throw error;
    }
  };
  return {
    text: (message, validate) => answered(input({ message, validate }, terminal)),
    select: (message, choices) => answered(select({ message, choices: [...choices] }, terminal)),
    checkbox: (message, choices) =>
      answered(checkbox({ message, choices: choices.map((value) => ({ value })) }, terminal)),
  };
}
