import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const NANOSECONDS_PER_SECOND = 1_000_000_000;

/** A Kopia process asks once at its start and then lets its own clock run on. */
const VALID_FOR_SECONDS = 3_600;

/** The time that `kopia-fake-clock` lives in (kopia/kopia internal/clock/now_testing.go). */
export interface FakeClock {
  /** Value of KOPIA_FAKE_CLOCK_ENDPOINT. */
  readonly endpoint: string;
  /** Milliseconds since 1970; may be moved between two processes, and forward only makes sense. */
  now: number;
  stop(): Promise<void>;
}

export async function startFakeClock(start: number): Promise<FakeClock> {
  const clock = { now: start };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        time: new Date(clock.now).toISOString(),
        validFor: VALID_FOR_SECONDS * NANOSECONDS_PER_SECOND,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(clock, {
    endpoint: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
