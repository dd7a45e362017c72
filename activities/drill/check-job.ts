import type { V1Job, V1ResourceRequirements } from '@kubernetes/client-node';
import { Label } from '../../api/metadata.ts';
import { drillCheckJobName, stagingClaimName } from '../../api/names.ts';
import type { DrillCheckInput } from '../../workflows/drill/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { buildAffinity } from '../mover/declared-pod.ts';
import { buildContainerSecurity, buildPodSecurity } from '../mover/pod-security.ts';
import { buildRunJob } from '../mover/run-job.ts';
import { Component, labelValue } from '../volume/ownership.ts';

/**
 * The Job that uses the restored data as a person says. It is the mover's user, so that it may read what was restored, and
 * has nothing else of a mover: no repository, no Secret, no token. The data is writable (SQLite needs that) and goes with
 * the drill.
 */
export function buildDrillCheckJob({ run, request, plan, check }: DrillCheckInput, settings: ActivitySettings): V1Job {
  const { image, command, args, mountPath, timeoutSeconds, resources } = check;
  const security = { requested: request.moverSecurityContext, privileged: plan.privileged };
  const affinity = buildAffinity(request.moverAffinity, undefined);
  return buildRunJob({
    run,
    component: Component.drillCheck,
    namespace: request.namespace,
    name: drillCheckJobName(request.source),
    labels: { [Label.source]: labelValue(request.source) },
    podLabels: request.moverPodLabels,
    pod: {
      // Of the pod, not of the Job: the wait for a node and for the image is no part of the check.
      activeDeadlineSeconds: timeoutSeconds,
      ...(affinity ? { affinity } : {}),
      securityContext: buildPodSecurity(security),
      containers: [
        {
          name: 'check',
          image,
          imagePullPolicy: settings.imagePullPolicy,
          command: [...command],
          args: [...args],
          env: [{ name: 'HOME', value: '/tmp' }],
          volumeMounts: [
            { name: 'data', mountPath },
            { name: 'tempdir', mountPath: '/tmp' },
          ],
          ...(resources ? { resources: resources as V1ResourceRequirements } : {}),
          terminationMessagePolicy: 'FallbackToLogsOnError',
          securityContext: buildContainerSecurity(security),
        },
      ],
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: stagingClaimName(request.destination) } },
        { name: 'tempdir', emptyDir: {} },
      ],
    },
  });
}
