import { dirname, join, normalize } from 'node:path';

export interface SourceFile {
  /** From the top of the checkout, `/` between. */
  readonly path: string;
  readonly text: string;
}

export interface ImportStatement {
  readonly specifier: string;
  /** Gone after compilation: it may reach further than what stays. */
  readonly typeOnly: boolean;
}

/** Who may import what; the first room whose folder (or file) a file lies in decides. */
export interface Room {
  readonly path: string;
  /** `api/` a folder, `workflows/failures.ts` a file, `node:`, or a package's name. */
  readonly may: readonly (string | RegExp)[];
  /** Besides, for types. */
  readonly mayTypes?: readonly (string | RegExp)[];
}

export interface Breach {
  readonly file: string;
  readonly imports: string;
}

const STATEMENT = /^[ \t]*(import|export)\b(\s+type\b)?([^;'"`]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every static and dynamic import of a module's text, re-exports included. Pure. */
export function importsOf(text: string): ImportStatement[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const fixed = [...code.matchAll(STATEMENT)].map(([, , type, names = '', specifier = '']) => ({
    specifier,
    typeOnly: type !== undefined || onlyTypes(names),
  }));
  const dynamic = [...code.matchAll(DYNAMIC)].map(([, specifier = '']) => ({ specifier, typeOnly: false }));
  return [...fixed, ...dynamic];
}

/** `{ type A, type B } from` */
function onlyTypes(names: string): boolean {
  const list = /^\s*\{([^}]*)\}\s*from$/.exec(names)?.[1];
  const items =
    list
      ?.split(',')
      .map((item) => item.trim())
      .filter(Boolean) ?? [];
  return items.length > 0 && items.every((item) => item.startsWith('type '));
}

/** Imports that a room does not allow, and files that belong to no room. Pure. */
export function findBreaches(files: readonly SourceFile[], rooms: readonly Room[]): Breach[] {
  return files.flatMap(({ path, text }) => {
    const room = rooms.find((one) => isWithin(path, one.path));
    if (!room) return [{ file: path, imports: 'belongs to no room of the table' }];
    return importsOf(text)
      .filter(({ specifier, typeOnly }) => !isAllowed(resolve(path, specifier), room, typeOnly))
      .map(({ specifier }) => ({ file: path, imports: specifier }));
  });
}

/** A relative specifier as a path from the top of the checkout, any other as it is. */
const resolve = (from: string, specifier: string): string =>
  specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier;

function isAllowed(target: string, { path, may, mayTypes = [] }: Room, typeOnly: boolean): boolean {
  if (isWithin(target, path)) return true;
  return [...may, ...(typeOnly ? mayTypes : [])].some((allowed) =>
    typeof allowed === 'string' ? isWithin(target, allowed) : allowed.test(target),
  );
}

const isWithin = (target: string, place: string): boolean =>
  target === place || (/[/:]$/.test(place) && target.startsWith(place));
