import type { ContentRange } from '../kopia/verify-arguments.ts';

/** Part `index` (from 0) of `of`: what one deep verification reads of all data. */
export interface VerifyPart {
  readonly index: number;
  readonly of: number;
}

const HEX_DIGITS = 16;

/**
 * What of the data one part reads, so that the parts 0 to `of - 1` together read each content exactly once. Contents are
 * named by a keyed hash of their bytes: a stretch of all possible beginnings is a fair share of the bytes, a content
 * never changes its part, and the next round reads what came in between. Metadata is in every part: it is small, and
 * every snapshot hangs on it. Pure.
 */
export function rangesOf({ index, of }: VerifyPart): ContentRange[] {
  if (of === 1) return ['all'];
  const digits = digitsFor(of);
  const beginnings = HEX_DIGITS ** digits;
  const from = Math.floor((index * beginnings) / of);
  const to = Math.floor(((index + 1) * beginnings) / of);
  return ['metadata', ...shortestPrefixes(from, to, digits).map((hashPrefix) => ({ hashPrefix }))];
}

/** Shares differ by a few percent at most, unless they are equal anyway; each beginning costs a process of Kopia. */
function digitsFor(of: number): number {
  if (HEX_DIGITS % of === 0) return 1;
  return of <= 64 ? 2 : 3;
}

/** The hexadecimal numbers from `from` to before `to` of so many digits, as few beginnings as possible. */
function shortestPrefixes(from: number, to: number, digits: number): string[] {
  const prefixes: string[] = [];
  for (let at = from; at < to; ) {
    let width = 1;
    while (at % (width * HEX_DIGITS) === 0 && at + width * HEX_DIGITS <= to) width *= HEX_DIGITS;
    const length = digits - Math.round(Math.log(width) / Math.log(HEX_DIGITS));
    prefixes.push(
      Math.floor(at / width)
        .toString(HEX_DIGITS)
        .padStart(length, '0'),
    );
    at += width;
  }
  return prefixes;
}
