import { z } from 'zod';
import { FieldManager } from '../declared-object.ts';
import { count, opaque, text } from './values.ts';

const time = (description: string) => z.iso.datetime({ offset: true }).meta({ description }).optional();

/** metav1.Condition. */
const condition = z
  .object({
    type: z.string().max(316).meta({ description: 'What it is about.' }),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string().max(1024).meta({ description: 'One word for programs.' }),
    message: z.string().max(32_768).meta({ description: 'A sentence for people.' }),
    lastTransitionTime: z.iso.datetime({ offset: true }).meta({ description: 'When the status changed last.' }),
    observedGeneration: z.int().meta({ description: 'The generation of the object that it is about.' }).optional(),
  })
  .meta({ description: 'One aspect of the object.' });

export const conditions = z
  .array(condition)
  .meta({
    description: 'Conditions, one a type.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  })
  .optional();

const common = {
  lastSyncStartTime: time('When the run began that is under way; absent otherwise.'),
  lastSyncTime: time('When the last good run ended.'),
  lastSyncDuration: text('How long that run took.'),
  nextSyncTime: time('When the schedule starts the next run.'),
  lastManualSync: text('The value of spec.trigger.manual that was answered last.'),
  latestMoverStatus: z
    .object({
      result: z.enum(['Successful', 'Failed', '']).meta({ description: 'How the last run ended.' }).optional(),
      logs: text('What it said last.'),
    })
    .meta({ description: 'How the last run ended.', 'x-kubernetes-preserve-unknown-fields': true })
    .optional(),
  conditions,
  kopia: opaque("What VolSync's Kopia mover wrote."),
};

const written = `Written by Stowage (field managers ${FieldManager.watch} and ${FieldManager.run}).`;
const OPEN = { description: written, 'x-kubernetes-preserve-unknown-fields': true } as const;

/** `status` of a ReplicationSource (compatibility.md 1.6); what other movers write there survives. */
export const SourceStatus = z.object(common).meta(OPEN);

/** `status` of a ReplicationDestination. */
export const DestinationStatus = z
  .object({
    ...common,
    latestImage: z
      .object({
        apiGroup: text('API group of the image.'),
        kind: z.string().meta({ description: 'VolumeSnapshot or PersistentVolumeClaim.' }),
        name: z.string().meta({ description: 'Its name.' }),
      })
      .meta({ description: 'The latest image that was restored.' })
      .optional(),
  })
  .meta(OPEN);

/** `status` of a KopiaMaintenance (compatibility.md 1.5). */
export const MaintenanceStatus = z
  .object({
    lastMaintenanceTime: time('When the last good maintenance ended.'),
    nextScheduledMaintenance: time('When the schedule starts the next one.'),
    lastManualSync: text('The value of spec.trigger.manual that was answered last.'),
    maintenanceFailures: count('How many maintenances failed since the last good one.'),
    observedGeneration: z.int().meta({ description: 'The generation that the status is about.' }).optional(),
    activeCronJob: text("VolSync's CronJob."),
    lastReconcileTime: time('When VolSync looked last.'),
    conditions,
  })
  .meta(OPEN);
