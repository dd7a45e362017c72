import { StringDecoder } from 'node:string_decoder';

/**
 * Cuts a stream of bytes into lines. A line longer than `maxLength` characters comes in pieces, so that a process that
 * writes without end can't fill the memory. Pure apart from what it holds back of the last line.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #maxLength: number;
  #rest = '';

  constructor(maxLength = Number.POSITIVE_INFINITY) {
    this.#maxLength = maxLength;
  }

  /** The lines that are complete now, without their ends. */
  push(chunk: Buffer): string[] {
    const parts = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = parts.pop() ?? '';
    const lines = parts.flatMap((line) => this.#pieces(line.endsWith('\r') ? line.slice(0, -1) : line));
    if (this.#rest.length < this.#maxLength) return lines;
    const pieces = this.#pieces(this.#rest);
    this.#rest = pieces.pop() ?? '';
    return [...lines, ...pieces];
  }

  /** What was left without a line's end. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return rest === '' ? [] : this.#pieces(rest);
  }

  #pieces(line: string): string[] {
    if (line.length <= this.#maxLength) return [line];
    const pieces: string[] = [];
    for (let at = 0; at < line.length; at += this.#maxLength) pieces.push(line.slice(at, at + this.#maxLength));
    return pieces;
  }
}
