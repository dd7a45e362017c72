import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { buildDefinitions, type Definition } from '../../api/crds/definitions.ts';
import type { DestinationStatus, SourceStatus } from '../../api/crds/status.ts';
import { type DeclaredStatus, MAINTENANCE_KIND } from '../../api/declared-object.ts';

const definitions = buildDefinitions();

/** The value at a JSON pointer, as a Helm post-renderer resolves it. */
const at = (definition: Definition, pointer: string): unknown =>
  pointer
    .split('/')
    .filter(Boolean)
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], definition);

type Node = Readonly<Record<string, unknown>>;

/** Every schema node with its path. */
function* nodes(node: Node, path: string): Generator<readonly [path: string, node: Node]> {
  yield [path, node];
  for (const [name, child] of Object.entries((node.properties ?? {}) as Record<string, Node>))
    yield* nodes(child, `${path}.${name}`);
  for (const name of ['items', 'additionalProperties'])
    if (typeof node[name] === 'object') yield* nodes(node[name] as Node, `${path}[]`);
}

const schemaNodes = (definition: Definition) => [
  ...nodes(definition.spec.versions[0]?.schema.openAPIV3Schema as Node, ''),
];

describe.each(definitions.map((definition) => [String(definition.spec.names.kind), definition] as const))(
  'the CRD of %s',
  (_kind, definition) => {
    const isMaintenance = definition.spec.names.kind === MAINTENANCE_KIND;
    const SPEC = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties';

    it.each(
      isMaintenance
        ? ['moverVolumes', 'podSecurityContext/properties/runAsUser', 'repository/properties/repository']
        : ['repositoryPVC', 'moverVolumes', 'moverSecurityContext/properties/runAsUser', 'copyMethod'],
    )('can be patched by JSON pointer at %s', (path) => {
      expect(at(definition, `${SPEC}/${isMaintenance ? '' : 'kopia/properties/'}${path}`)).toBeDefined();
    });

    it('is structural: a type everywhere, no alternatives, no closed objects', () => {
      const problems = schemaNodes(definition).flatMap(([path, node]) => [
        ...(node.type === undefined && node['x-kubernetes-int-or-string'] !== true ? [`${path}: no type`] : []),
        ...['anyOf', 'allOf', 'oneOf', '$ref', 'const', 'default']
          .filter((name) => name in node)
          .map((name) => `${path}: ${name}`),
        ...(node.properties && 'additionalProperties' in node ? [`${path}: additionalProperties`] : []),
        ...(node.additionalProperties === false ? [`${path}: closed`] : []),
      ]);
      expect(problems).toEqual([]);
    });

    it('requires nothing of a spec by name, and keeps unknown fields of kopia at every depth', () => {
      const spec = schemaNodes(definition).filter(([path]) => path.startsWith('.spec'));
      expect(spec.filter(([, node]) => 'required' in node)).toEqual([]);
      const closed = spec.filter(
        ([path, node]) =>
          path.startsWith(isMaintenance ? '.spec' : '.spec.kopia') &&
          path !== '.spec.trigger' &&
          node.properties &&
          !node['x-kubernetes-preserve-unknown-fields'],
      );
      expect(closed).toEqual([]);
    });

    it('says of every field what it is for', () => {
      const silent = schemaNodes(definition).filter(
        ([path, node]) => /^\.(spec|status)\./.test(path) && !path.includes('[]') && !node.description,
      );
      expect(silent.map(([path]) => path)).toEqual([]);
    });
  },
);

it('other movers keep their place beside kopia', () => {
  const movers = ['rsync', 'rsyncTLS', 'rclone', 'restic', 'external'];
  for (const definition of definitions.filter(({ spec }) => spec.names.kind !== MAINTENANCE_KIND))
    for (const mover of movers)
      expect(
        at(definition, `/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/${mover}`),
      ).toMatchObject({
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
      });
});

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

it('the status that runs and the watch write fits the status of the CRDs (checked by the compiler)', () => {
  type Destination = DeepReadonly<z.input<typeof DestinationStatus>>;
  expectTypeOf<DeclaredStatus>().toExtend<Destination>();
  expectTypeOf<keyof DeclaredStatus>().toExtend<keyof Destination>();
  expectTypeOf<Omit<DeclaredStatus, 'latestImage'>>().toExtend<DeepReadonly<z.input<typeof SourceStatus>>>();
});
