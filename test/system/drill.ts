import type { WorkflowHandle } from '@temporalio/client';
import { type DrillRecord, readDrills } from '../../api/drill-record.ts';
import type { DrillRequest } from '../../api/drill-request.ts';
import { drillRecordName } from '../../api/names.ts';
import { DRILL_VOLUME, type DrillVolumeResult, drillId } from '../../workflows/drill/contract.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import type { Volume } from './volume.ts';

export const startDrill = (volume: Volume, more: Partial<DrillRequest> = {}): Promise<WorkflowHandle> =>
  volume.world.client.workflow.start(DRILL_VOLUME, {
    taskQueue: CONTROL_QUEUE,
    workflowId: drillId(volume.namespace, volume.source),
    args: [{ namespace: volume.namespace, claim: volume.claim, ...more }],
  });

export const drill = async (volume: Volume, more: Partial<DrillRequest> = {}): Promise<DrillVolumeResult> =>
  (await (await startDrill(volume, more)).result()) as DrillVolumeResult;

/** What the cluster remembers of a volume's drills, newest first. */
export async function drillsOf({ world, namespace, source }: Volume): Promise<DrillRecord[]> {
  const name = drillRecordName(namespace, source);
  const [stowageNamespace = ''] = world.namespaces;
  const found = await world.kubectl.run('get', 'configmap', name, '-n', stowageNamespace, '-o', 'json');
  return readDrills((JSON.parse(found) as { data?: Record<string, string> }).data);
}
