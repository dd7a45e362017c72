import type { Cluster, Kind, ObjectOf } from '../activities/ports/cluster.ts';
import { isSecretName } from './redaction.ts';

/** Every Secret that passes through this process: what it holds under a secret's name is never written from then on. */
export function rememberSecrets<T extends Cluster>(cluster: T, remember: (secret: string) => void): T {
  const learn = <K extends Kind>(kind: K, object: ObjectOf[K] | undefined): void => {
    if (kind === 'Secret' && object) for (const value of secretValues(object as ObjectOf['Secret'])) remember(value);
  };
  const get: Cluster['get'] = async (kind, ref) => {
    const object = await cluster.get(kind, ref);
    learn(kind, object);
    return object;
  };
  const list: Cluster['list'] = async (kind, selector) => {
    const objects = await cluster.list(kind, selector);
    for (const object of objects) learn(kind, object);
    return objects;
  };
  return { ...cluster, get, list };
}

function secretValues({ data, stringData }: ObjectOf['Secret']): string[] {
  const encoded = Object.entries(data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return [...encoded, ...Object.entries(stringData ?? {})].flatMap(([key, value]) =>
    key && value && isSecretName(key) ? [value] : [],
  );
}
