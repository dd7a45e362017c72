import { isDeepStrictEqual } from 'node:util';
import type { StoredObject } from './object-store.ts';

type Fields = Record<string, unknown>;

/** Who applied which fields of which status: server-side apply as far as the port promises it. Lists count as one field. */
export class AppliedFields {
  /** By object, then by manager: the paths of what it applied last. */
  readonly #owned = new Map<string, Map<string, Set<string>>>();

  /** The status after this manager's apply. */
  merge(object: StoredObject, applied: Fields, manager: string): Fields {
    const managers = this.#managersOf(object.metadata.uid);
    const before = managers.get(manager) ?? new Set<string>();
    const leaves = leavesOf(applied);
    const status = structuredClone((object.status ?? {}) as Fields);
    for (const path of before) {
      const others = [...managers].some(([name, paths]) => name !== manager && paths.has(path));
      if (!leaves.has(path) && !others) remove(status, path.split('\n'));
    }
    for (const [path, value] of leaves) {
      const keys = path.split('\n');
      // Forced: whoever held another value loses the field, who holds the same one shares it.
      if (!isDeepStrictEqual(read(status, keys), value)) {
        for (const [name, paths] of managers) if (name !== manager) paths.delete(path);
      }
      write(status, keys, structuredClone(value));
    }
    managers.set(manager, new Set(leaves.keys()));
    return status;
  }

  #managersOf(uid: string): Map<string, Set<string>> {
    const known = this.#owned.get(uid);
    if (known) return known;
    const made = new Map<string, Set<string>>();
    this.#owned.set(uid, made);
    return made;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value that is no map, by its path (keys joined by a line break, which no key holds). */
function leavesOf(fields: Fields, prefix = ''): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (isFields(value)) for (const [path, leaf] of leavesOf(value, `${prefix}${key}\n`)) leaves.set(path, leaf);
    else leaves.set(`${prefix}${key}`, value);
  }
  return leaves;
}

const read = (fields: Fields, keys: readonly string[]): unknown =>
  keys.reduce<unknown>((at, key) => (isFields(at) ? at[key] : undefined), fields);

function write(fields: Fields, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    fields[key] = value;
    return;
  }
  const inner = isFields(fields[key]) ? fields[key] : {};
  fields[key] = inner;
  write(inner, rest, value);
}

function remove(fields: Fields, [key = '', ...rest]: readonly string[]): void {
  const inner = fields[key];
  if (rest.length === 0) delete fields[key];
  else if (isFields(inner)) {
    remove(inner, rest);
    if (Object.keys(inner).length === 0) delete fields[key];
  }
}
