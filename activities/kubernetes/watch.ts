import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind, ObjectOf, WatchEvent, WatchSelector } from '../ports/cluster.ts';
import { ApiError, isExpired, isUnservedDeclared, toPortError } from './api-errors.ts';
import { collectionPath, selectorQuery } from './kinds.ts';
import { withRetries } from './retry.ts';
import { readLines } from './streams.ts';
import type { ApiRequest, Transport } from './transport.ts';
import { INITIAL_EVENTS_END, isInitialEnd, type WatchFrame, WatchState } from './watch-state.ts';

export interface WatchTiming {
  /** How long the server keeps a connection, seconds. */
  readonly serverSeconds: number;
  /** A connection without a byte (no event, no bookmark) for this long is half open, milliseconds. */
  readonly idleMilliseconds: number;
  /** Without any working connection for this long the watch gives up, milliseconds. */
  readonly patienceMilliseconds: number;
  /** How often a declared kind whose CRD is not installed is asked for again, milliseconds. */
  readonly unservedMilliseconds: number;
}

/** Servers send a bookmark about once a minute, so two minutes of silence mean that nobody is there. */
export const defaultWatchTiming: WatchTiming = {
  serverSeconds: 300,
  idleMilliseconds: 120_000,
  patienceMilliseconds: 60_000,
  unservedMilliseconds: 30_000,
};

/** Says that the server answered, though there may be nothing to report for long. */
const OPENED: WatchFrame = { type: 'OPENED', object: {} };

const FIRST_BACKOFF_MILLISECONDS = 50;
const LONGEST_BACKOFF_MILLISECONDS = 5_000;

/** Watches over one transport; remembers whether its server can start a watch with the objects that exist. */
export class Watcher {
  readonly #transport: Transport;
  readonly #timing: WatchTiming;
  #streamsInitialEvents = true;

  constructor(transport: Transport, timing: WatchTiming = defaultWatchTiming) {
    this.#transport = transport;
    this.#timing = timing;
  }

  /** See the port. Ends silently when `signal` aborts; throws PortError when a server refuses or stays away too long. */
  async *watch<K extends Kind>(
    kind: K,
    selector: WatchSelector,
    signal: AbortSignal,
    onComplete: () => void = () => undefined,
  ): AsyncGenerator<WatchEvent<ObjectOf[K]>, void, undefined> {
    const state = new WatchState(kind, selector);
    let backoff = 0;
    let failingSince: number | undefined;
    let opened = false;
    while (!signal.aborted) {
      backoff = Math.min(Math.max(backoff * 2, FIRST_BACKOFF_MILLISECONDS), LONGEST_BACKOFF_MILLISECONDS);
      try {
        for await (const frame of this.#connection(kind, selector, state, signal)) {
          failingSince = undefined;
          opened = true;
          if (frame === OPENED) continue;
          backoff = 0;
          yield* state.apply(frame);
          if (isInitialEnd(frame)) onComplete();
        }
      } catch (error) {
        if (signal.aborted) return;
        // Nothing is reported, not even that this is all: a CRD that is away for a moment is no empty cluster.
        if (error instanceof ApiError && isUnservedDeclared(kind, error)) backoff = this.#timing.unservedMilliseconds;
        else {
          failingSince ??= Date.now();
          if (error instanceof ApiError && isExpired(error)) state.restart();
          else if (!opened || !isPassing(error) || Date.now() - failingSince > this.#timing.patienceMilliseconds)
            throw toPortError(error, { verb: 'watch', kind, target: selector });
        }
      }
      if (backoff > 0) await sleep(backoff * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** The frames of one connection: going on where the last one ended, else all objects first. */
  async *#connection<K extends Kind>(
    kind: K,
    selector: WatchSelector,
    state: WatchState<K>,
    signal: AbortSignal,
  ): AsyncGenerator<WatchFrame, void, undefined> {
    if (state.resourceVersion === undefined) {
      state.restart();
      if (this.#streamsInitialEvents) {
        try {
          yield* this.#stream(
            kind,
            selector,
            { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' },
            signal,
          );
          return;
        } catch (error) {
          if (!(error instanceof ApiError) || ![400, 422].includes(error.status.code)) throw error;
          this.#streamsInitialEvents = false;
        }
      }
      yield* this.#listed(kind, selector, signal);
    }
    yield* this.#stream(kind, selector, { resourceVersion: state.resourceVersion ?? '' }, signal);
  }

  /** A list in the form of a watch that begins with all objects, for servers without WatchList. */
  async *#listed(
    kind: Kind,
    selector: WatchSelector,
    signal: AbortSignal,
  ): AsyncGenerator<WatchFrame, void, undefined> {
    const request = { ...requestOf(kind, selector, {}), verb: 'list' };
    const list = (await withRetries(() => this.#transport.send(request, signal), { signal })) as {
      readonly metadata: { readonly resourceVersion: string };
      readonly items: readonly WatchFrame['object'][];
    };
    for (const object of list.items) yield { type: 'ADDED', object };
    const annotations = { [INITIAL_EVENTS_END]: 'true' };
    yield { type: 'BOOKMARK', object: { metadata: { ...list.metadata, annotations } } };
  }

  async *#stream(
    kind: Kind,
    selector: WatchSelector,
    start: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncGenerator<WatchFrame, void, undefined> {
    const timeoutSeconds = String(this.#timing.serverSeconds);
    const query = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds, ...start };
    const headersMilliseconds = Math.min(this.#timing.idleMilliseconds, 30_000);
    const open = () => this.#transport.open(requestOf(kind, selector, query), { signal, headersMilliseconds });
    const response = await withRetries(open, { signal });
    yield OPENED;
    for await (const line of readLines(response, this.#timing.idleMilliseconds)) {
      if (line !== '') yield JSON.parse(line) as WatchFrame;
    }
  }
}

const requestOf = (kind: Kind, selector: WatchSelector, query: Readonly<Record<string, string>>): ApiRequest => ({
  method: 'GET',
  path: collectionPath(kind, selector.namespace),
  query: { ...selectorQuery(selector), ...query },
  verb: 'watch',
  kind,
});

/** A server that is away or overloaded may come back; a refusal stays one. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.status.code >= 500 || error.status.code === 429;
