/**
 * Publishes items so that a refused item does not block the others. A group that is refused is halved until the refused
 * item is alone. Within a lane (one topic and key) the order is kept: the items behind a refused one wait. Items that
 * were accepted although their group failed are sent again; consumers skip the copy.
 */
import { PublishError } from "../kafka/refusal.ts";

export interface IsolationOptions<Item> {
  /** Publishes all items, or throws. */
  readonly send: (items: readonly Item[]) => Promise<void>;
  readonly topicOf: (item: Item) => string;
  /** Returns the name of the item's lane, in which order is kept; undefined: in none. */
  readonly laneOf: (item: Item) => string | undefined;
}

/** A refused item and the reason: a PublishError, or any other error if the reason is unknown. */
export interface Refused<Item> {
  readonly item: Item;
  readonly error: unknown;
}

/** The result of publishing. Items in neither list wait behind a refused one, or were not tried because of the failure. */
export interface Isolation<Item> {
  readonly accepted: readonly Item[];
  readonly refused: readonly Refused<Item>[];
  /** Why the attempt ended early: an outage, or no item was accepted. */
  readonly failure: unknown;
}

/**
 * Number of attempts with unknown errors, as long as no item was accepted. After that, an outage is more likely than a
 * fault of each item.
 */
const BLIND_ATTEMPTS = 24;

export interface Isolator<Item> {
  /** Publishes items in their order, as far as possible. Does nothing after a failure. */
  publish(items: readonly Item[]): Promise<void>;
  /** Counts items as refused without sending them, and stops their lanes. */
  refuse(items: readonly Item[], error: unknown): void;
  /** Stops the lanes of items that cannot be sent now. */
  hold(items: readonly Item[]): void;
  outcome(): Isolation<Item>;
}

/** Creates an isolator for one drain. */
export function isolator<Item>(options: IsolationOptions<Item>): Isolator<Item> {
  const accepted: Item[] = [];
  const refused: Refused<Item>[] = [];
  const stopped = new Set<string>();
  let blind = 0;
  let failure: unknown;

  const isOpen = (item: Item): boolean => {
    const lane = options.laneOf(item);
    return lane === undefined || !stopped.has(lane);
  };
  function stop(item: Item): void {
    const lane = options.laneOf(item);
    if (lane !== undefined) stopped.add(lane);
  }
  function refuse(items: readonly Item[], error: unknown): void {
    for (const item of items) {
      if (!isOpen(item)) continue;
      refused.push({ item, error });
      stop(item);
    }
  }

  async function publish(items: readonly Item[]): Promise<void> {
    if (failure !== undefined) return;
    const open = items.filter(isOpen);
    if (open.length === 0) return;
    try {
      await options.send(open);
      accepted.push(...open);
    } catch (error) {
      await onRefusal(open, error);
    }
  }

  async function onRefusal(open: readonly Item[], error: unknown): Promise<void> {
    const reach = error instanceof PublishError ? error.reach : undefined;
    if (reach === "circumstances") {
      failure = error;
      return;
    }
    if (reach === "topic") {
      const topics = Map.groupBy(open, options.topicOf);
      const named = (error as PublishError).topic ?? (topics.size === 1 ? [...topics.keys()][0] : undefined);
      const concerned = topics.get(named ?? "");
      if (concerned !== undefined) {
        refuse(concerned, error);
        return publish(open.filter((item) => options.topicOf(item) !== named));
      }
    }
    if (reach === undefined && accepted.length === 0 && (blind += 1) >= BLIND_ATTEMPTS) {
      failure = error;
      return;
    }
    if (open.length === 1) return refuse(open, error);
    const half = Math.ceil(open.length / 2);
    await publish(open.slice(0, half));
    await publish(open.slice(half));
  }

  return {
    publish,
    refuse,
    hold: (items) => {
      for (const item of items) stop(item);
    },
    outcome() {
      if (
        failure === undefined &&
        accepted.length === 0 &&
        refused.length > 0 &&
        refused.every(({ error }) => !(error instanceof PublishError))
      )
        failure = refused[0]?.error;
      return { accepted, refused, failure };
    },
  };
}
