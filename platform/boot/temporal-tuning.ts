/**
 * The server's defaults are for hundreds of shards, each of which looks for new tasks 20 times a second at most; this one has
 * a single shard, so that every step of a run would wait 50 ms (measured: 100 ms an activity, 25 ms with these). Without
 * the last one the priority and fairness that the workflows ask for have no effect.
 */
export const temporalTuning: readonly string[] = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollRPS=1000',
  'history.visibilityProcessorMaxPollRPS=1000',
  'system.enableActivityEagerExecution=true',
  'matching.enableFairness=true',
];
