import type { Cluster, Kind, ObjectOf } from '../activities/ports/cluster.ts';
import { isSecretName } from './redaction.ts';

/** Every Secret that passes through this process: what it holds under a secret's name is never written from then on. */
export function rememberSecrets(cluster: Cluster, remember: (secret: string) => void): Cluster {
  const learn = <K extends Kind>(kind: K, object: ObjectOf[K] | undefined): void => {
    if (kind === 'Secret' && object) for (const value of secretValues(object as ObjectOf['Secret'])) remember(value);
  };
  // The port may be a class: its methods keep their own object.
  return new Proxy(cluster, {
    get(target, property) {
      if (property === 'get') {
        const get: Cluster['get'] = async (kind, ref) => {
          const object = await target.get(kind, ref);
          learn(kind, object);
          return object;
        };
        return get;
      }
      if (property === 'list') {
        const list: Cluster['list'] = async (kind, selector) => {
          const objects = await target.list(kind, selector);
          for (const object of objects) learn(kind, object);
          return objects;
        };
        return list;
      }
      const member: unknown = Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
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
