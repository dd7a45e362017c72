import { z } from 'zod';
import { CRON_ADMISSION, CRON_PROBLEM } from '../cron-schedule.ts';
import { moverFields } from './mover-fields.ts';
import { trigger } from './source-spec.ts';
import { count, flag, isSet, notHonoured, opaque, open, type Rule, text, textMap } from './values.ts';

const NEEDS_SECRET: Rule = {
  rule: `has(self.repository) && ${isSet('repository.repository')}`,
  message: 'repository.repository: name the Secret of the repository',
};

const ONE_TRIGGER: Rule = {
  rule: `!has(self.trigger) || !(${isSet('trigger.schedule', 'trigger.manual')})`,
  message: 'trigger: set schedule or manual, not both',
};

const { moverSecurityContext, moverServiceAccount, moverResources, moverAffinity } = moverFields;

/** `spec` of a KopiaMaintenance (compatibility.md 1.5). VolSync's CRD fills in defaults; here the reader does. */
export const MaintenanceSpec = open(
  'How a repository is kept in order, and when.',
  {
    repository: open('Which repository. Must be set.', {
      repository: z
        .string('must name the repository Secret')
        .meta({ description: 'Secret of the same namespace with the key KOPIA_PASSWORD. Must be set.' }),
      customCA: moverFields.customCA,
      repositoryType: notHonoured(
        text('').unwrap(),
        'is not needed: the Secret says what the repository is',
      ).optional(),
    }),
    trigger: trigger(
      'Five cron fields or a form such as @daily; `CRON_TZ=Area/City` in front of it sets the time zone. Default: 0 2 * * *.',
      'Any new value starts one maintenance; while it is set there is no schedule.',
    ),
    schedule: z
      .string()
      .regex(CRON_ADMISSION, CRON_PROBLEM)
      .meta({ description: 'An older form of trigger.schedule, which wins.' })
      .optional(),
    enabled: flag('No maintenance is declared while it is false. Default: true.'),
    suspend: flag('No maintenance starts while it is true.'),
    successfulJobsHistoryLimit: count('How many finished Jobs are kept. Default: 3.'),
    failedJobsHistoryLimit: count('How many failed Jobs are kept. Default: 1.'),
    activeDeadlineSeconds: z
      .int()
      .meta({ description: 'How long one maintenance may take, seconds, at least 600. Default: 10800.' })
      .optional(),
    resources: moverResources,
    serviceAccountName: moverServiceAccount,
    podSecurityContext: moverSecurityContext
      .unwrap()
      .meta({ ...moverSecurityContext.unwrap().meta(), description: 'Users and groups that may write the repository.' })
      .optional(),
    containerSecurityContext: notHonoured(
      opaque('').unwrap(),
      'is not used: movers always run without privileges, capabilities and a writable root',
    ).optional(),
    moverPodLabels: moverFields.moverPodLabels,
    nodeSelector: textMap('Labels of the nodes on which maintenance may run.'),
    tolerations: z.array(opaque('As in a pod.').unwrap()).meta({ description: 'Tolerations, as in a pod.' }).optional(),
    affinity: moverAffinity,
    cacheCapacity: moverFields.cacheCapacity,
    cacheStorageClassName: moverFields.cacheStorageClassName,
    cacheAccessModes: moverFields.cacheAccessModes,
    metadataCacheSizeLimitMB: moverFields.metadataCacheSizeLimitMB,
    contentCacheSizeLimitMB: moverFields.contentCacheSizeLimitMB,
    cachePVC: text(
      "A claim of the same namespace for Kopia's cache; the other cache fields but the limits have no effect then.",
    ),
    moverVolumes: moverFields.moverVolumes,
  },
  [NEEDS_SECRET, ONE_TRIGGER],
);
