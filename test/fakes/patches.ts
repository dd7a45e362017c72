import { isDeepStrictEqual } from 'node:util';
import type { JsonPatchOperation } from '../../activities/ports/cluster.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386. Returns a new value; the arguments stay as they are. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return structuredClone(patch);
  const result: Record<string, unknown> = isObject(target) ? structuredClone(target) : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** RFC 6902 as far as the port offers it. Undefined when a test fails or a path is not there. */
export function jsonPatch(
  target: Record<string, unknown>,
  operations: readonly JsonPatchOperation[],
): Record<string, unknown> | undefined {
  const result = structuredClone(target);
  return operations.every((operation) => applyOperation(result, operation)) ? result : undefined;
}

function applyOperation(root: Record<string, unknown>, { op, path, value }: JsonPatchOperation): boolean {
  const keys = path.split('/').slice(1).map(unescapePointer);
  const last = keys.pop();
  if (last === undefined) return false;
  const parent = keys.reduce<unknown>((at, key) => (isContainer(at) ? at[key] : undefined), root);
  if (!isContainer(parent)) return false;
  if (op === 'test') return isDeepStrictEqual(parent[last], value);
  if (op === 'add') return add(parent, last, value);
  if (!(last in parent)) return false;
  if (op === 'replace') parent[last] = structuredClone(value);
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return true;
}

function add(parent: Record<string, unknown>, key: string, value: unknown): boolean {
  if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : Number(key), 0, structuredClone(value));
  else parent[key] = structuredClone(value);
  return true;
}

/** Arrays are containers too: their indices are keys. */
const isContainer = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const unescapePointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');
