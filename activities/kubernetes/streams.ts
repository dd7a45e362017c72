import type { IncomingMessage } from 'node:http';
import { NetworkError } from './api-errors.ts';
import { LineSplitter } from './line-splitter.ts';

/**
 * The lines of an answer while it arrives. Ends when the server ended it properly, after the last line even if that has
 * no end. Throws NetworkError when the connection broke (the unfinished line is dropped then) or stayed silent for
 * `idleMilliseconds`. Leaving the loop closes the connection.
 */
export async function* readLines(
  response: IncomingMessage,
  idleMilliseconds: number,
  maxLineLength?: number,
): AsyncGenerator<string, void, undefined> {
  const splitter = new LineSplitter(maxLineLength);
  const idle = setTimeout(() => response.destroy(new Error(`silent for ${idleMilliseconds} ms`)), idleMilliseconds);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      idle.refresh();
      yield* splitter.push(chunk);
      idle.refresh();
    }
    if (!response.complete) throw new Error('ended early');
    yield* splitter.end();
  } catch (cause) {
    throw new NetworkError('the connection to the Kubernetes API server broke', { cause });
  } finally {
    clearTimeout(idle);
    response.destroy();
  }
}
