import { backUp } from './backups.ts';
import { loseAndRestore } from './disaster.ts';
import { deployFirst } from './first-deployment.ts';
import type { Stage } from './stage.ts';

/** The reference's story, from an empty cluster to the application running again. Returns what differs; empty is good. */
export async function playScenario(stage: Stage, historyUrl: (workflowId: string, runId: string) => string) {
  await deployFirst(stage);
  await backUp(stage);
  const differences = await loseAndRestore(stage);
  stage.story.chapter('The runs in the Temporal UI');
  for (const { workflowId, runId } of stage.runs) stage.story.line(historyUrl(workflowId, runId));
  return differences;
}
