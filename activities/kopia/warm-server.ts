import type { FormatFile } from './format-file.ts';
import type { KopiaServer } from './server.ts';
import { countSources, refreshServer } from './warm-reader.ts';

/**
 * One Kopia that stays open beside the repository: a shortcut and never a need. It is started in the background, asked
 * only when it is ready, and given up where the repository has many sources: each refresh looks at every source and all
 * manifests (2 sources 9 ms, 500 sources with 8 snapshots each 2.1 s of CPU; two processes take 0.55 s of CPU).
 */
export interface WarmServer {
  /**
   * Answers from a server that has looked at the repository since this call began. Undefined when there is no such
   * answer now, for whatever reason: then ask a process, which also tells why.
   */
  tryAsk<T>(format: FormatFile, act: (server: KopiaServer) => Promise<T>): Promise<T | undefined>;
  stop(): Promise<void>;
}

/** With 32 snapshots each, this many sources cost about a third of what two processes do. Not judged by time: a busy machine says nothing. */
const MAX_SOURCES = 60;

/** Sources are counted at the start and then after so many answers. */
const ANSWERS_PER_COUNT = 100;

/** After a start that failed; the reason shows in the processes that are asked instead. */
const PAUSE_MILLISECONDS = 60_000;

interface Slot {
  readonly fingerprint: string;
  readonly opening: Promise<unknown>;
  ready?: { readonly server: KopiaServer; readonly refresh: () => Promise<void> };
}

export function createWarmServer(start: (format: FormatFile) => Promise<KopiaServer>): WarmServer {
  let slot: Slot | undefined;
  let answers = 0;
  let notBefore = 0;
  const ending = new Set<Promise<unknown>>();

  const discard = (): void => {
    const old = slot;
    slot = undefined;
    if (!old) return;
    const ended: Promise<unknown> = old.opening
      .then(() => old.ready?.server.stop())
      .finally(() => ending.delete(ended));
    ending.add(ended);
  };

  const giveUp = (): void => {
    notBefore = Number.POSITIVE_INFINITY;
    discard();
  };

  const begin = (format: FormatFile): void => {
    const opening = start(format).then(
      async (server) => {
        const few = (await countSources(server).catch(() => 0)) <= MAX_SOURCES;
        fresh.ready = { server, refresh: shareRefresh(() => refreshServer(server)) };
        if (!few && fresh === slot) giveUp();
      },
      () => {
        notBefore = Math.max(notBefore, performance.now() + PAUSE_MILLISECONDS);
        if (fresh === slot) slot = undefined;
      },
    );
    const fresh: Slot = { fingerprint: format.fingerprint, opening };
    slot = fresh;
  };

  const recount = async (server: KopiaServer): Promise<void> => {
    answers++;
    if (answers % ANSWERS_PER_COUNT === 0 && (await countSources(server)) > MAX_SOURCES) giveUp();
  };

  return {
    tryAsk: async (format, act) => {
      const current = slot;
      if (current && (current.fingerprint !== format.fingerprint || current.ready?.server.running === false)) discard();
      if (!slot && performance.now() >= notBefore) begin(format);
      if (!slot?.ready) return undefined;
      const used = slot;
      try {
        await slot.ready.refresh();
        const answer = await act(used.ready!.server);
        await recount(used.ready!.server);
        return answer;
      } catch {
        if (used === slot) discard();
        return undefined;
      }
    },
    stop: async () => {
      giveUp();
      await Promise.all(ending);
    },
  };
}

/** Those who ask while a refresh is under way share the next one: the running one may have looked too early for them. */
function shareRefresh(refresh: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    next = undefined;
    running = refresh().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (!running) return begin();
    next ??= running.catch(() => undefined).then(begin);
    return next;
  };
}
