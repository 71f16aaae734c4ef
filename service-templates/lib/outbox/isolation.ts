/**
 * Publishes items so that one which is refused does not hold up the others: a group that is refused is
 * halved until the culprit stands alone. Within a lane (one topic and key) nothing overtakes: behind a
 * culprit its lane waits. What was accepted although its group failed is sent again; consumers leave out the copy.
 */
import { PublishError } from "../kafka/refusal.ts";

export interface IsolationOptions<Item> {
  /** Publishes all items, or throws. */
  readonly send: (items: readonly Item[]) => Promise<void>;
  readonly topicOf: (item: Item) => string;
  /** Name of the item's lane, in which order is kept; undefined: in none. */
  readonly laneOf: (item: Item) => string | undefined;
}

/** An item that was refused, and why: a PublishError, or anything else where the reason is not understood. */
export interface Refused<Item> {
  readonly item: Item;
  readonly error: unknown;
}

/** What became of the items; those in neither list wait behind a refused one, or were not tried because of the failure. */
export interface Isolation<Item> {
  readonly accepted: readonly Item[];
  readonly refused: readonly Refused<Item>[];
  /** Why trying ended early: the circumstances, or nothing at all was accepted. */
  readonly failure: unknown;
}

/** Attempts with errors that are not understood, as long as nothing was accepted: such an error is rather the circumstances'. */
const BLIND_ATTEMPTS = 24;

export interface Isolator<Item> {
  /** Publishes items in their order, as far as it goes. Does nothing after a failure. */
  publish(items: readonly Item[]): Promise<void>;
  /** Counts items as refused without sending them, and stops their lanes. */
  refuse(items: readonly Item[], error: unknown): void;
  /** Stops the lanes of items that cannot be sent now. */
  hold(items: readonly Item[]): void;
  outcome(): Isolation<Item>;
}

/** One drain's worth of publishing. */
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
