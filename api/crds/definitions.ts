import type { z } from 'zod';
import { DECLARED_API_VERSION, DeclaredKind } from '../declared-object.ts';
import { DestinationSpec } from './destination-spec.ts';
import { SourceSpec } from './source-spec.ts';
import { DestinationStatus, SourceStatus } from './status.ts';
import { buildStructuralSchema, type StructuralSchema } from './structural.ts';

/** A CustomResourceDefinition, as far as Stowage writes one. */
export interface Definition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly names: Readonly<Record<string, string | readonly string[]>>;
    readonly scope: 'Namespaced';
    readonly versions: readonly {
      readonly name: string;
      readonly served: true;
      readonly storage: true;
      readonly schema: { readonly openAPIV3Schema: StructuralSchema };
      readonly subresources: { readonly status: object };
      readonly additionalPrinterColumns: readonly object[];
    }[];
  };
}

const [GROUP, VERSION] = DECLARED_API_VERSION.split('/') as [string, string];

const LAST_SYNC = { name: 'Last sync', type: 'string', format: 'date-time', jsonPath: '.status.lastSyncTime' };
const DURATION = { name: 'Duration', type: 'string', jsonPath: '.status.lastSyncDuration' };
const NEXT_SYNC = { name: 'Next sync', type: 'string', format: 'date-time', jsonPath: '.status.nextSyncTime' };

/** The two CRDs: VolSync's names, paths and printer columns (compatibility.md 1.1), with Stowage's short names beside them. */
export const buildDefinitions = (): readonly [source: Definition, destination: Definition] => [
  buildDefinition({
    kind: DeclaredKind.source,
    plural: 'replicationsources',
    shortName: 'rsrc',
    description: 'What to back up, when, and what to keep.',
    spec: SourceSpec,
    status: SourceStatus,
    columns: [{ name: 'Source', type: 'string', jsonPath: '.spec.sourcePVC' }, LAST_SYNC, DURATION, NEXT_SYNC],
  }),
  buildDefinition({
    kind: DeclaredKind.destination,
    plural: 'replicationdestinations',
    shortName: 'rdst',
    description: 'What to bring back, and into what.',
    spec: DestinationSpec,
    status: DestinationStatus,
    columns: [LAST_SYNC, DURATION, NEXT_SYNC],
  }),
];

interface Parts {
  readonly kind: DeclaredKind;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly object[];
}

function buildDefinition({ kind, plural, shortName, description, spec, status, columns }: Parts): Definition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}`, labels: { 'app.kubernetes.io/part-of': 'stowage' } },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['stowage'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: buildStructuralSchema(spec, 'NothingRequired'),
                status: buildStructuralSchema(status, 'KeepRequired'),
              },
            },
          },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}
