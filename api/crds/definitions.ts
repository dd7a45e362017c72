import type { z } from 'zod';
import {
  DECLARED_API_VERSION,
  DeclaredKind,
  MAINTENANCE_KIND,
  REPOSITORY_API_VERSION,
  REPOSITORY_KIND,
} from '../declared-object.ts';
import { DestinationSpec } from './destination-spec.ts';
import { MaintenanceSpec } from './maintenance-spec.ts';
import { RepositorySpec } from './repository-spec.ts';
import { RepositoryStatus } from './repository-status.ts';
import { SourceSpec } from './source-spec.ts';
import { DestinationStatus, MaintenanceStatus, SourceStatus } from './status.ts';
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

const LAST_SYNC = { name: 'Last sync', type: 'string', format: 'date-time', jsonPath: '.status.lastSyncTime' };
const DURATION = { name: 'Duration', type: 'string', jsonPath: '.status.lastSyncDuration' };
const NEXT_SYNC = { name: 'Next sync', type: 'string', format: 'date-time', jsonPath: '.status.nextSyncTime' };

/** VolSync's CRDs: its names, paths and printer columns (compatibility.md 1.1), with Stowage's short names beside them. */
export const buildDefinitions = (): readonly [source: Definition, destination: Definition, maintenance: Definition] => [
  buildDefinition({
    apiVersion: DECLARED_API_VERSION,
    kind: DeclaredKind.source,
    plural: 'replicationsources',
    shortName: 'rsrc',
    description: 'What to back up, when, and what to keep.',
    spec: SourceSpec,
    status: SourceStatus,
    columns: [{ name: 'Source', type: 'string', jsonPath: '.spec.sourcePVC' }, LAST_SYNC, DURATION, NEXT_SYNC],
  }),
  buildDefinition({
    apiVersion: DECLARED_API_VERSION,
    kind: DeclaredKind.destination,
    plural: 'replicationdestinations',
    shortName: 'rdst',
    description: 'What to bring back, and into what.',
    spec: DestinationSpec,
    status: DestinationStatus,
    columns: [LAST_SYNC, DURATION, NEXT_SYNC],
  }),
  buildDefinition({
    apiVersion: DECLARED_API_VERSION,
    kind: MAINTENANCE_KIND,
    plural: 'kopiamaintenances',
    shortName: 'kmnt',
    description: 'How a repository is kept in order, and when.',
    spec: MaintenanceSpec,
    status: MaintenanceStatus,
    columns: [
      { name: 'Repository', type: 'string', jsonPath: '.spec.repository.repository' },
      { name: 'Enabled', type: 'boolean', jsonPath: '.spec.enabled' },
      // VolSync's shows the older field, which its API server fills in where nobody wrote it.
      { name: 'Schedule', type: 'string', jsonPath: '.spec.trigger.schedule' },
      { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend' },
      { name: 'Last Maintenance', type: 'string', format: 'date-time', jsonPath: '.status.lastMaintenanceTime' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  }),
];

/** Stowage's own CRD: a repository and its care. */
export const buildRepositoryDefinition = (): Definition =>
  buildDefinition({
    apiVersion: REPOSITORY_API_VERSION,
    kind: REPOSITORY_KIND,
    plural: 'kopiarepositories',
    shortName: 'krepo',
    description: 'A repository and its care: maintenance, verification, drills, replicas.',
    spec: RepositorySpec,
    status: RepositoryStatus,
    columns: [
      { name: 'Healthy', type: 'string', jsonPath: '.status.conditions[?(@.type=="Healthy")].status' },
      { name: 'Maintained', type: 'string', format: 'date-time', jsonPath: '.status.care.fullMaintenance.lastTime' },
      { name: 'Verified', type: 'string', format: 'date-time', jsonPath: '.status.care.deepVerification.lastTime' },
      { name: 'Stored', type: 'string', jsonPath: '.status.content.stored' },
    ],
  });

interface Parts {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly object[];
}

function buildDefinition(parts: Parts): Definition {
  const { kind, plural, shortName, description, spec, status, columns } = parts;
  const [group, version] = parts.apiVersion.split('/') as [string, string];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'stowage' } },
    spec: {
      group,
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
          name: version,
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
