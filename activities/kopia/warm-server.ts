import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';
import type { FormatFile } from './format-file.ts';
import { type KopiaServer, ServerGone } from './server.ts';
import { refreshServer } from './warm-reader.ts';

/** One open Kopia, started when first asked, and started anew when it ended or the repository's format file changed. */
export interface WarmServer {
  /** Runs `act` against a server that has looked at the repository since this call began. */
  ask<T>(format: FormatFile, act: (server: KopiaServer) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

interface OpenServer {
  readonly server: KopiaServer;
  readonly refresh: () => Promise<void>;
}

interface Slot {
  readonly fingerprint: string;
  readonly opening: Promise<OpenServer>;
}

export function createWarmServer(start: (format: FormatFile) => Promise<KopiaServer>): WarmServer {
  let current: Slot | undefined;

  const stop = async (): Promise<void> => {
    const old = current;
    current = undefined;
    await old?.opening.then(({ server }) => server.stop()).catch(() => undefined);
  };

  const open = async (format: FormatFile): Promise<OpenServer> => {
    for (;;) {
      if (!current) break;
      const slot: Slot = current;
      const opened = await slot.opening.catch(() => undefined);
      if (slot.fingerprint === format.fingerprint && opened?.server.running) return opened;
      // Of several callers that find it unusable one replaces it; the others meet the new one.
      if (slot === current) await stop();
    }
    const opening = start(format).then((server) => ({ server, refresh: shareRefresh(() => refreshServer(server)) }));
    current = { fingerprint: format.fingerprint, opening };
    return opening;
  };

  const attempt = async <T>(format: FormatFile, act: (server: KopiaServer) => Promise<T>): Promise<T> => {
    const { server, refresh } = await open(format);
    await refresh();
    return act(server);
  };

  return {
    stop,
    ask: async (format, act) => {
      try {
        return await attempt(format, act).catch((error: unknown) => {
          // Killed a moment ago: its end shows first as a broken connection.
          if (error instanceof ServerGone) return attempt(format, act);
          throw error;
        });
      } catch (error) {
        if (error instanceof PortError) throw error;
        throw new PortError(FailureType.MoverFailed, "Kopia's server gave an answer of another form", { cause: error });
      }
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
